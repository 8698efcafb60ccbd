import { Anchor, Badge, Button, Group, Stack, Table, Text } from '@mantine/core'
import { Link } from 'react-router'
import { t } from '../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../lib/notices/notify.ts'
import { bytes } from '../../lib/numbers.ts'
import {
  type Environment,
  useBuildEnvironment,
  useEnvironments,
  useRemoveEnvironments,
} from '../../lib/requests/environments.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import { ConfirmButton } from '../../lib/ui/controls/confirm-button.tsx'
import { Empty } from '../../lib/ui/empty.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'

const HEADS = [t('Packages'), t('State'), t('Size'), t('Used by'), t('Last used')]

export function EnvironmentsPanel() {
  const environments = useEnvironments()
  const mayWrite = useMay('write')
  // Unused locks without files cost nothing.
  const shown = environments.data?.filter((one) => one.status !== 'absent' || isDeployed(one)) ?? []
  const unused = shown.filter((one) => one.status === 'ready' && !isDeployed(one))
  return (
    <Panel title={t('Environments')} aside={mayWrite ? <RemoveUnused unused={unused} /> : null}>
      <Stack>
        <Text c="dimmed" maw={680}>
          {t(
            'The packages that workflows declare, installed on this server. Workflows that ask for the same share one. An environment that is removed is installed again when a version needs it.',
          )}
        </Text>
        {environments.isPending ? <RowsSkeleton rows={3} /> : null}
        <LoadError of={environments} />
        {environments.data !== undefined && shown.length === 0 ? (
          <Empty title={t('No environments yet')}>{t('A workflow gets one when its code declares packages.')}</Empty>
        ) : null}
        {shown.length === 0 ? null : (
          <StackedTable aria-label={t('Environments')} minWidth={720} heads={HEADS} hasActions={mayWrite}>
            {shown.map((environment) => (
              <Row key={environment.id} environment={environment} mayWrite={mayWrite} />
            ))}
          </StackedTable>
        )}
      </Stack>
    </Panel>
  )
}

const isDeployed = ({ used_by }: Environment): boolean => used_by.some(({ deployed }) => deployed)

function RemoveUnused({ unused }: { unused: readonly Environment[] }) {
  const remove = useRemoveEnvironments()
  if (unused.length === 0) return null
  const size = unused.reduce((sum, { size_bytes: one }) => sum + (one ?? 0), 0)
  const what = t('{count, plural, one {# environment} other {# environments}}', { count: unused.length })
  return (
    <ConfirmButton
      size="compact-sm"
      variant="default"
      loading={remove.isPending}
      title={t('Remove unused environments?')}
      explanation={t(
        '{what}, {size}: no deployed version uses them. They are installed again when a version needs them.',
        { what, size: bytes(size) },
      )}
      action={t('Remove')}
      onConfirm={() =>
        remove.mutate(
          unused.map(({ id }) => id),
          { onSuccess: () => notifyDone(t('{what} removed.', { what })), onError: notifyError },
        )
      }
    >
      {t('Remove unused')}
    </ConfirmButton>
  )
}

function Row({ environment, mayWrite }: { environment: Environment; mayWrite: boolean }) {
  const { packages, runtime, size_bytes: size, last_used_at: lastUsed, status } = environment
  return (
    <Table.Tr>
      <Table.Td className="wrap">
        <details>
          <summary style={{ cursor: 'pointer' }}>
            {firstNames(packages)} · {runtime}
          </summary>
          <Text size="xs" c="dimmed">
            {packages.map(({ name, version }) => `${name} ${version}`).join(', ')}
          </Text>
        </details>
      </Table.Td>
      <Table.Td data-head={t('State')}>
        <State environment={environment} />
      </Table.Td>
      <Table.Td data-head={t('Size')}>{size === null ? '–' : bytes(size)}</Table.Td>
      <Table.Td data-head={t('Used by')} className="wrap">
        <Uses environment={environment} />
      </Table.Td>
      <Table.Td data-head={t('Last used')}>
        <RelativeTime at={lastUsed} />
      </Table.Td>
      {mayWrite ? <Table.Td>{status === 'building' ? null : <Actions environment={environment} />}</Table.Td> : null}
    </Table.Tr>
  )
}

function firstNames(packages: Environment['packages']): string {
  const direct = packages.filter((one) => one.direct)
  const names = (direct.length > 0 ? direct : packages).slice(0, MAX_NAMES).map(({ name }) => name)
  return packages.length > names.length
    ? t('{names} and {count} more', { names: names.join(', '), count: packages.length - names.length })
    : names.join(', ')
}

const MAX_NAMES = 3
const STATES = {
  ready: { word: t('ready'), color: 'green', text: 'var(--wf-good)' },
  building: { word: t('installing'), color: 'yellow', text: 'var(--wf-warn)' },
  failed: { word: t('failed'), color: 'red', text: 'var(--wf-bad)' },
  absent: { word: t('not on this server'), color: 'gray', text: 'var(--mantine-color-text)' },
} as const

function State({ environment: { status, detail } }: { environment: Environment }) {
  const { word, color, text } = STATES[status]
  return (
    <>
      <Badge variant="light" color={color} c={text} tt="none">
        {word}
      </Badge>
      {detail === null ? null : (
        <Text size="xs" className="wrap">
          {detail}
        </Text>
      )}
    </>
  )
}

function Uses({ environment: { used_by: uses } }: { environment: Environment }) {
  const [first, ...others] = [...new Map(uses.map((use) => [use.workflow_id, use])).values()]
  if (first === undefined) return t('No version')
  return (
    <>
      {[first, ...others].slice(0, MAX_USES).map(({ workflow_id: id, workflow_name: name, deployed }) => (
        <div key={id}>
          <Anchor component={Link} to={`/workflows/${id}/function`} size="sm">
            {name}
          </Anchor>
          {deployed ? null : (
            <Text span size="xs" c="dimmed">
              {t('(not deployed)')}
            </Text>
          )}
        </div>
      ))}
      {others.length < MAX_USES ? null : (
        <Text size="xs" c="dimmed">
          {t('and {count, plural, one {# other workflow} other {# other workflows}}', {
            count: others.length + 1 - MAX_USES,
          })}
        </Text>
      )}
    </>
  )
}

const MAX_USES = 5

function Actions({ environment }: { environment: Environment }) {
  const { id, status } = environment
  const build = useBuildEnvironment()
  const remove = useRemoveEnvironments()
  return (
    <Group justify="flex-end" gap="xs" wrap="nowrap">
      <Button
        size="compact-sm"
        variant="subtle"
        loading={build.isPending}
        onClick={() => build.mutate(id, { onError: notifyError })}
      >
        {status === 'ready' ? t('Install again') : t('Install')}
      </Button>
      {status !== 'ready' || isDeployed(environment) ? null : (
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          loading={remove.isPending}
          onClick={() => remove.mutate([id], { onError: notifyError })}
        >
          {t('Remove')}
        </Button>
      )}
    </Group>
  )
}
