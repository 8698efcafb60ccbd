import { Accordion, Anchor, Badge, Button, Code, Group, List, Progress, Stack, Table, Text } from '@mantine/core'
import { Link } from 'react-router'
import { ApiError, prettyJson } from '../../lib/client/api.ts'
import { t } from '../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../lib/notices/notify.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { Panel } from '../../lib/ui/panel.tsx'
import { countPaths, groupByKind, type Kind, pathOf } from './kinds.ts'
import {
  type Trial,
  type TrialCase,
  useCancelTrial,
  useCases,
  useDeployCandidate,
  useTrial,
  type Verdict,
} from './requests.ts'
import classes from './trial-view.module.css'

export const VERDICTS: readonly { verdict: Verdict; word: string; color: string }[] = [
  { verdict: 'broken', word: t('Broken'), color: 'red' },
  { verdict: 'changed', word: t('Changed result'), color: 'yellow' },
  { verdict: 'fixed', word: t('Fixed'), color: 'green' },
  { verdict: 'not_comparable', word: t('Not comparable'), color: 'gray' },
  { verdict: 'same', word: t('Same'), color: 'gray' },
]

type Props = { id: string; workflow: Workflow; onIgnore: (path: string) => void }

export function TrialView({ id, workflow, onIgnore }: Props) {
  const trial = useTrial(id)
  if (trial.data === undefined) return null
  const { counts, total, status } = trial.data
  const done = Object.values(counts).reduce((sum, count) => sum + count, 0)
  return (
    <Panel
      title={
        trial.data.version === null
          ? t('Trial of unsaved code')
          : t('Trial of version {version}', { version: trial.data.version })
      }
      aside={<Actions trial={trial.data} workflow={workflow} />}
    >
      <Stack gap="md">
        <div>
          <Progress value={total === 0 ? 100 : (100 * done) / total} aria-label={t('Progress of the trial')} />
          <Text size="sm" c="dimmed" mt={4} role="status">
            {status === 'running'
              ? t('{done} of {total} requests', { done, total })
              : `${status === 'done' ? t('Done') : t('Cancelled')}${t(': {done} of {total} requests', { done, total })}`}
          </Text>
        </div>
        <Group gap="xs">
          {VERDICTS.map(({ verdict, word, color }) => (
            <Badge key={verdict} color={color} variant="dot" tt="none">
              {word}: {counts[verdict] ?? 0}
            </Badge>
          ))}
        </Group>
        {VERDICTS.filter(({ verdict }) => verdict !== 'same' && (counts[verdict] ?? 0) > 0).map(({ verdict, word }) => (
          <Cases key={verdict} id={id} verdict={verdict} word={word} count={counts[verdict] ?? 0} onIgnore={onIgnore} />
        ))}
      </Stack>
    </Panel>
  )
}

function Actions({ trial, workflow }: { trial: Trial; workflow: Workflow }) {
  const mayRun = useMay('run')
  const mayWrite = useMay('write')
  const cancel = useCancelTrial(trial.id)
  const deploy = useDeployCandidate(workflow.id)
  const { version } = trial
  if (trial.status === 'running') {
    return mayRun ? (
      <Button
        size="xs"
        variant="default"
        loading={cancel.isPending}
        onClick={() => cancel.mutate(undefined, { onError: notifyError })}
      >
        {t('Cancel trial')}
      </Button>
    ) : null
  }
  if (mayWrite && version === null)
    return (
      <Button size="xs" variant="default" component={Link} to={`/workflows/${workflow.id}/function`}>
        {t('Back to the code')}
      </Button>
    )
  if (!mayWrite || version === null || workflow.deployed_version === version) return null
  const isRefused = deploy.error instanceof ApiError && deploy.error.code === 'gate_failed'
  const send = (force: boolean) =>
    deploy.mutate(
      { version, force },
      { onSuccess: () => notifyDone(t('Version {version} is deployed.', { version })), onError: notifyError },
    )
  return (
    <Group gap="xs">
      {isRefused ? (
        <Button size="xs" color="red" variant="outline" loading={deploy.isPending} onClick={() => send(true)}>
          {t('Deploy despite the check')}
        </Button>
      ) : null}
      <Button size="xs" loading={deploy.isPending} onClick={() => send(false)}>
        {t('Deploy version {version}', { version })}
      </Button>
    </Group>
  )
}

type CasesProps = { id: string; verdict: Verdict; word: string; count: number; onIgnore: (path: string) => void }

function Cases({ id, verdict, word, count, onIgnore }: CasesProps) {
  const cases = useCases(id, verdict, count)
  const kinds = groupByKind(cases.data?.data ?? [])
  const paths = countPaths(cases.data?.data ?? [])
  return (
    <div>
      <Text fw={600} mb={4}>
        {word}
      </Text>
      {kinds.length < 2 ? null : (
        <Text size="sm" c="dimmed" className="wrap" mb={4}>
          {t('Differences by path')}: {paths.map(([path, count]) => `${path} (${count})`).join(', ')}
        </Text>
      )}
      <Accordion variant="contained" defaultValue={kinds[0]?.key ?? null} key={kinds.length > 0 ? 'read' : 'empty'}>
        {kinds.map((kind) => (
          <Accordion.Item key={kind.key} value={kind.key}>
            <Accordion.Control>
              <Group gap="xs">
                <Badge variant="default" tt="none">
                  {kind.cases.length} ×
                </Badge>
                <Text size="sm" className="mono wrap">
                  {kind.paths.length === 0 ? (kind.reason ?? t('nothing differs')) : kind.paths.slice(0, 4).join('  ')}
                  {kind.paths.length > 4 ? t(' and {value} more', { value: kind.paths.length - 4 }) : ''}
                </Text>
              </Group>
            </Accordion.Control>
            <Accordion.Panel>
              <KindView kind={kind} onIgnore={onIgnore} />
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </div>
  )
}

/** The other cases differ at the same paths. */
function KindView({ kind, onIgnore }: { kind: Kind; onIgnore: (path: string) => void }) {
  const [first, ...others] = kind.cases
  if (first === undefined) return null
  return (
    <Stack gap="md">
      <CaseView one={first} onIgnore={onIgnore} />
      {others.length === 0 ? null : (
        <details>
          <summary style={{ cursor: 'pointer' }}>
            <Text span size="sm">
              {t('and {count} more like it', { count: others.length })}
            </Text>
          </summary>
          <List size="sm" mt="xs" type="ordered">
            {others.map((one) => (
              <List.Item key={one.run_id}>
                <CaseLinks one={one} />
              </List.Item>
            ))}
          </List>
        </details>
      )}
    </Stack>
  )
}

function CaseLinks({ one }: { one: TrialCase }) {
  return (
    <Group gap="sm">
      <Anchor component={Link} to={`/runs/${one.run_id}`} size="sm">
        {t('Original run')}
      </Anchor>
      {one.trial_run_id === null ? null : (
        <Anchor component={Link} to={`/runs/${one.trial_run_id}`} size="sm">
          {t('Run of the trial')}
        </Anchor>
      )}
    </Group>
  )
}

function CaseView({ one, onIgnore }: { one: TrialCase; onIgnore: (path: string) => void }) {
  return (
    <div>
      <Group gap="sm" mb={4}>
        <CaseLinks one={one} />
        {one.would_send.map(({ method, host, port, path }) => (
          <Text key={`${method} ${host} ${port} ${path}`} size="sm" c="dimmed" className="mono">
            {t('would send {method} {host}:{port}{path}', {
              method: method ?? '',
              host: host ?? '',
              port: port ?? '',
              path: path ?? '',
            })}
          </Text>
        ))}
      </Group>
      {one.differences.length === 0 ? null : (
        <Table.ScrollContainer minWidth={560}>
          <Table aria-label={t('Differences')} withTableBorder>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('Where')}</Table.Th>
                <Table.Th>{t('Before')}</Table.Th>
                <Table.Th>{t('Now')}</Table.Th>
                <Table.Th>{t('Action')}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {one.differences.map((difference) => (
                <Table.Tr key={difference.path}>
                  <Table.Td className="mono wrap">{difference.path}</Table.Td>
                  <Table.Td>
                    <Value text={difference.old} />
                  </Table.Td>
                  <Table.Td>
                    <Value text={difference.new} />
                  </Table.Td>
                  <Table.Td>
                    <Button size="compact-xs" variant="default" onClick={() => onIgnore(pathOf(difference.path))}>
                      {t('Ignore')}
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </div>
  )
}

function Value({ text }: { text: string | null }) {
  if (text === null || text === 'null')
    return (
      <Text size="sm" c="dimmed">
        –
      </Text>
    )
  return (
    <Code block className={classes.value}>
      {prettyJson(text)}
    </Code>
  )
}
