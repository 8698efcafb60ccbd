import { Anchor, Button, Group, Stack, Table, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import IconRepeat from '@tabler/icons-react/icons/IconRepeat'
import { Link } from 'react-router'
import { rich } from '../../../lib/i18n/rich.ts'
import { t } from '../../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../../lib/notices/notify.ts'
import { serverWords } from '../../../lib/notices/server-words.ts'
import { useMay } from '../../../lib/requests/get-me.ts'
import { useWorkflow } from '../../../lib/requests/get-workflow.ts'
import type { RunSummary } from '../../../lib/requests/runs/run.ts'
import { visible } from '../../../lib/text.ts'
import { ConfirmButton } from '../../../lib/ui/controls/confirm-button.tsx'
import { EditorsOnly } from '../../../lib/ui/controls/editors-only.tsx'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { Panel } from '../../../lib/ui/panel.tsx'
import { RelativeTime } from '../../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../../lib/ui/rows-skeleton.tsx'
import { StackedTable } from '../../../lib/ui/stacked-table.tsx'
import { type DeadGroup, useDeadRuns, useDismissDead, useReplayDead } from './dead-letters.ts'
import type { Replayed } from './replay-result.tsx'

type Props = { group: DeadGroup; onReplayed: (replayed: Replayed) => void }

export function DeadGroupPanel({ group, onReplayed }: Props) {
  const workflow = useWorkflow(group.workflow_id)
  return (
    <EditorsOnly workflow={workflow.data}>
      <DeadGroupContent group={group} onReplayed={onReplayed} />
    </EditorsOnly>
  )
}

function DeadGroupContent({ group, onReplayed }: Props) {
  const [opened, { toggle }] = useDisclosure()
  const name = visible(group.workflow_name)
  return (
    <Panel label={`${name}: ${group.code ?? 'failed'}`}>
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start" gap="sm">
          <div style={{ flex: '1 1 320px', minWidth: 0 }}>
            <Anchor component={Link} to={`/workflows/${group.workflow_id}/function`} fw={600} className="wrap">
              {name}
            </Anchor>
            <Text size="sm" className="mono wrap">
              {visible(serverWords(group.message ?? group.code ?? 'failed'))}
            </Text>
            <Text size="sm" c="dimmed">
              {rich('{count, plural, one {# run} other {# runs}} · first {time} · last {time2}', {
                count: group.count,
                time: <RelativeTime at={group.first_at} />,
                time2: <RelativeTime at={group.last_at} />,
              })}
            </Text>
          </div>
          <Decisions group={group} onReplayed={onReplayed} />
        </Group>
        <Group>
          <Button size="compact-sm" variant="default" aria-expanded={opened} onClick={toggle}>
            {opened ? t('Hide runs') : t('Show runs')}
          </Button>
        </Group>
        {opened ? <DeadRuns group={group} /> : null}
      </Stack>
    </Panel>
  )
}

function Decisions({ group, onReplayed }: Props) {
  const replay = useReplayDead(group.id)
  const dismiss = useDismissDead(group.id)
  if (!useMay('run')) return null
  // `mutate` would lose its options if the new list comes first.
  const replayAll = () =>
    void replay.mutateAsync(null).then(({ replayed, remaining }) => {
      notifyDone(
        t('{replayed, plural, one {# run} other {# runs}} replayed{remaining, plural, =0 {} other {, # remaining}}.', {
          replayed,
          remaining,
        }),
      )
      onReplayed({ workflowId: group.workflow_id, workflowName: group.workflow_name, count: replayed })
    }, notifyError)
  return (
    <Group gap="xs">
      <ConfirmButton
        variant="default"
        leftSection={<IconRepeat size={15} aria-hidden />}
        loading={replay.isPending}
        title={t('Replay {count, plural, one {# run} other {# runs}}?', { count: Math.min(group.count, MAX_REPLAYED) })}
        action={t('Replay {count, plural, one {# run} other {# runs}}', { count: Math.min(group.count, MAX_REPLAYED) })}
        actionColor="indigo"
        onConfirm={replayAll}
        explanation={<ReplayWords group={group} />}
      >
        {t('Replay all')}
      </ConfirmButton>
      <ConfirmButton
        variant="subtle"
        color="red"
        title={t('Dismiss {count, plural, one {# dead letter} other {# dead letters}}?', { count: group.count })}
        action={t('Dismiss')}
        loading={dismiss.isPending}
        onConfirm={() => void dismiss.mutateAsync(null).catch(notifyError)}
        explanation={t(
          'They are removed from this list permanently. Their runs are kept and can be replayed one by one.',
        )}
      >
        {t('Dismiss')}
      </ConfirmButton>
    </Group>
  )
}

const MAX_REPLAYED = 1000

function ReplayWords({ group }: { group: DeadGroup }) {
  const workflow = useWorkflow(group.workflow_id)
  const version = workflow.data?.deployed_version ?? null
  return (
    <>
      {rich(
        'Each request runs again on {part}. What the function does to other systems happens again, and a replay can’t be undone. To try one run first, choose Show runs.',
        {
          part:
            version === null ? t('the deployed version') : t('version {version}, which is deployed now', { version }),
        },
      )}
    </>
  )
}

function DeadRuns({ group }: { group: DeadGroup }) {
  const runs = useDeadRuns(group.id)
  if (runs.data === undefined) {
    return runs.error === null ? <RowsSkeleton rows={2} /> : <LoadError of={runs} />
  }
  return (
    <StackedTable
      aria-label={t('Runs of this group')}
      minWidth={480}
      heads={[t('Failed'), t('Message'), t('Attempts')]}
      hasActions
    >
      {runs.data.map((run) => (
        <DeadRunRow key={run.id} groupId={group.id} run={run} />
      ))}
    </StackedTable>
  )
}

function DeadRunRow({ groupId, run }: { groupId: string; run: RunSummary }) {
  const replay = useReplayDead(groupId)
  const mayRun = useMay('run')
  return (
    <Table.Tr>
      <Table.Td data-head={t('Failed')}>
        <Anchor component={Link} to={`/runs/${run.id}`} size="sm">
          <RelativeTime at={run.finished_at ?? run.created_at} />
        </Anchor>
      </Table.Td>
      <Table.Td className="wrap" data-head={t('Message')}>
        {run.label === null ? null : (
          <Text size="sm" fw={600}>
            {visible(run.label)}
          </Text>
        )}
        {visible(serverWords(run.message ?? run.code ?? ''))}
      </Table.Td>
      <Table.Td data-head={t('Attempts')}>{run.attempt}</Table.Td>
      <Table.Td ta="right">
        {mayRun ? (
          <Button
            size="compact-sm"
            variant="default"
            loading={replay.isPending}
            onClick={() => void replay.mutateAsync(run.id).then(() => notifyDone(t('1 run replayed.')), notifyError)}
          >
            {t('Replay')}
          </Button>
        ) : null}
      </Table.Td>
    </Table.Tr>
  )
}
