import { Alert, Button, Group, Modal, Stack, Table, Text } from '@mantine/core'
import { useQueries } from '@tanstack/react-query'
import { useState } from 'react'
import { useSearchParams } from 'react-router'
import { api } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { rich } from '../../lib/i18n/rich.ts'
import { t } from '../../lib/i18n/t.ts'
import { notifyError } from '../../lib/notices/notify.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import { useNetwork } from '../../lib/requests/network.ts'
import { visible } from '../../lib/text.ts'
import { ConfirmButton } from '../../lib/ui/controls/confirm-button.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { type InternalHost, useDeleteHost } from './change-hosts.ts'
import { HostForm } from './host-form.tsx'

/** `?host=` fills the form in. */
export function NetworkPanel() {
  const network = useNetwork()
  const isOwner = useMay('admin')
  const [search, setSearch] = useSearchParams()
  const suggested = search.get('host') ?? ''
  const mayChange = isOwner && network.data?.locked === false
  return (
    <Stack gap="md">
      <Panel title={t('Internal hosts')}>
        <Stack gap="md">
          <Text c="dimmed" maw={680}>
            {t(
              'Functions reach public addresses. Here an owner opens services of your own network for them. The server itself, its database and cloud metadata stay closed.',
            )}
          </Text>
          {network.isPending ? <RowsSkeleton rows={2} /> : null}
          <LoadError of={network} />
          {network.data?.locked === true ? (
            <Alert color="gray" variant="light">
              {rich('The operator locked this list with {option}.', {
                option: <code>WORKFLOWS_INTERNAL_HOSTS=operator</code>,
              })}
            </Alert>
          ) : null}
          {network.data?.internal.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t('No internal host is open.')}
            </Text>
          ) : null}
          {network.data === undefined || network.data.internal.length === 0 ? null : (
            <Hosts hosts={network.data.internal} mayChange={mayChange} />
          )}
          {mayChange ? (
            <HostForm key={suggested} saved={null} suggested={suggested} onDone={() => setSearch({})} />
          ) : null}
        </Stack>
      </Panel>
      {network.data === undefined ? null : <OperatorRules rules={network.data.operator} />}
    </Stack>
  )
}

function Hosts({ hosts, mayChange }: { hosts: readonly InternalHost[]; mayChange: boolean }) {
  const [edited, setEdited] = useState<InternalHost | null>(null)
  const nameOf = useNames(hosts)
  return (
    <>
      <StackedTable
        aria-label={t('Internal hosts')}
        minWidth={520}
        heads={[t('Host'), t('Workflows'), t('Created')]}
        hasActions={mayChange}
      >
        {hosts.map((host) => (
          <Table.Tr key={host.id}>
            <Table.Td className="wrap">
              <span className="mono">{host.host}</span>
              <Text size="sm" c="dimmed">
                {visible(host.note)}
              </Text>
            </Table.Td>
            <Table.Td className="wrap" data-head={t('Workflows')}>
              {host.workflows === 'all'
                ? t('All workflows')
                : host.workflows.map(nameOf).join(', ') || t('No workflow')}
            </Table.Td>
            <Table.Td data-head={t('Created')}>
              <RelativeTime at={host.created_at} />
              <Text size="sm" c="dimmed">
                {t('by {name}', { name: visible(host.created_by.name) })}
              </Text>
            </Table.Td>
            {mayChange ? (
              <Table.Td>
                <HostActions host={host} onEdit={() => setEdited(host)} />
              </Table.Td>
            ) : null}
          </Table.Tr>
        ))}
      </StackedTable>
      <Modal opened={edited !== null} onClose={() => setEdited(null)} title={t('Change the internal host')} size="lg">
        {edited === null ? null : <HostForm saved={edited} onDone={() => setEdited(null)} />}
      </Modal>
    </>
  )
}

function HostActions({ host: { id, host }, onEdit }: { host: InternalHost; onEdit: () => void }) {
  const remove = useDeleteHost()
  return (
    <Group gap="xs" justify="flex-end">
      <Button size="compact-sm" variant="default" onClick={onEdit}>
        {t('Edit')}
      </Button>
      <ConfirmButton
        size="compact-sm"
        variant="default"
        title={t('Close “{host}”?', { host })}
        action={t('Close')}
        explanation={t('New connections of functions to it are refused.')}
        onConfirm={() => remove.mutate(id, { onError: notifyError })}
      >
        {t('Close')}
      </ConfirmButton>
    </Group>
  )
}

/** Uses the id before a workflow loads and after its deletion. */
function useNames(hosts: readonly InternalHost[]): (id: string) => string {
  const ids = [...new Set(hosts.flatMap(({ workflows }) => (workflows === 'all' ? [] : workflows)))]
  const found = useQueries({
    queries: ids.map((id) => ({
      queryKey: queryKeys.workflow(id),
      queryFn: ({ signal }: { signal: AbortSignal }) => api.get('/api/workflows/{id}', { path: { id }, signal }),
      retry: false,
    })),
  })
  const names = new Map(found.map(({ data }, index) => [ids[index], data?.name]))
  return (id) => visible(names.get(id) ?? id)
}

function OperatorRules({ rules: { allow, deny } }: { rules: { allow: readonly string[]; deny: readonly string[] } }) {
  if (allow.length + deny.length === 0) return null
  return (
    <Panel title={t('Rules of the operator')}>
      <Stack gap="xs">
        <Text size="sm" className="wrap">
          {t('Open: {hosts}', { hosts: allow.join(', ') || t('none') })}
        </Text>
        <Text size="sm" className="wrap">
          {t('Closed: {hosts}', { hosts: deny.join(', ') || t('none') })}
        </Text>
      </Stack>
    </Panel>
  )
}
