import { Anchor, Button, Code, Group, Table, Text } from '@mantine/core'
import { Link } from 'react-router'
import { api, type Schemas } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { useChange } from '../../../../lib/client/use-change.ts'
import { useRows } from '../../../../lib/client/use-get.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { notifyError } from '../../../../lib/notices/notify.ts'
import { duration } from '../../../../lib/numbers.ts'
import { useMay } from '../../../../lib/requests/get-me.ts'
import { useWorkflow, type Workflow } from '../../../../lib/requests/get-workflow.ts'
import { isFinal, type Run, type RunStatus } from '../../../../lib/requests/runs/run.ts'
import { visible } from '../../../../lib/text.ts'
import { EditorsOnly } from '../../../../lib/ui/controls/editors-only.tsx'
import { Panel } from '../../../../lib/ui/panel.tsx'
import { RelativeTime } from '../../../../lib/ui/relative-time.tsx'
import { StackedTable } from '../../../../lib/ui/stacked-table.tsx'
import { useAttempts } from './get-attempts.ts'
import { ReplayButton } from './replay-button.tsx'

type Step = Schemas['Steps']['data'][number]

const KINDS: Record<Step['kind'], string> = {
  step: t('Step'),
  sleep: t('Sleep'),
  event: t('Event'),
  task: t('Task'),
  run: t('Run of a workflow'),
  retry: t('Pause before a retry'),
}
const STATES: Record<Step['status'], string> = {
  done: t('Done'),
  failed: t('Failed'),
  waiting: t('Waiting'),
  timed_out: t('Timed out'),
}
const REFRESH_MS = 1500
const SHOWN_RESULT = 300

export function Steps({ run }: { run: Run }) {
  const steps = useRows(queryKeys.steps(run.id), ['/api/runs/{id}/steps', { path: { id: run.id } }], {
    enabled: run.durable,
    refetchInterval: isFinal(run.status) ? false : REFRESH_MS,
  })
  const workflow = useWorkflow(run.workflow_id).data
  if (steps.data === undefined || steps.data.length === 0) return null
  return (
    <Panel title={t('Steps')} flush>
      <StackedTable
        aria-label={t('Steps')}
        minWidth={420}
        heads={[t('Name'), t('Kind'), t('State'), t('Result'), t('When')]}
      >
        {steps.data.map((step) => (
          <StepRow key={`${step.kind} ${step.number} ${step.name}`} step={step} hasParts={run.parts > 1} />
        ))}
      </StackedTable>
      <EditorsOnly workflow={workflow}>
        <Wake run={run} />
        <Continue run={run} workflow={workflow} />
      </EditorsOnly>
    </Panel>
  )
}

function StepRow({ step, hasParts }: { step: Step; hasParts: boolean }) {
  const { name, kind, status, result, error, attempts, started_at, finished_at, until, part } = step
  const text = error === null ? resultText(result) : `${error.type}: ${error.message}`
  const link = linkOf(step)
  const took = finished_at === null ? null : Date.parse(finished_at) - Date.parse(started_at)
  return (
    <Table.Tr>
      <Table.Td className="wrap" data-head={t('Name')}>
        {link === null ? (
          visible(name)
        ) : (
          <Anchor component={Link} to={link}>
            {visible(name)}
          </Anchor>
        )}
      </Table.Td>
      <Table.Td data-head={t('Kind')}>{KINDS[kind]}</Table.Td>
      <Table.Td data-head={t('State')}>
        {STATES[status]}
        {attempts > 1 ? ` · ${t('{attempts} tries', { attempts })}` : ''}
      </Table.Td>
      <Table.Td className="wrap" data-head={t('Result')}>
        {kind !== 'sleep' && kind !== 'retry' && text !== '' ? <Code>{visible(text)}</Code> : null}
      </Table.Td>
      <Table.Td data-head={t('When')}>
        {status === 'waiting' && until !== null ? (
          <RelativeTime at={until} />
        ) : (
          <Text size="sm" span>
            <RelativeTime at={started_at} />
            {took === null ? '' : ` · ${duration(took)}`}
            {hasParts ? ` · ${t('part {part}', { part })}` : ''}
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  )
}

function linkOf({ task_id, run_id }: Step): string | null {
  if (task_id !== null) return `/tasks/${task_id}`
  return run_id === null ? null : `/runs/${run_id}`
}

function resultText(result: unknown): string {
  const text = typeof result === 'string' ? result : JSON.stringify(result ?? null)
  return text === 'null' ? '' : text.length > SHOWN_RESULT ? `${text.slice(0, SHOWN_RESULT)}…` : text
}

/** Ends a sleep, or a pause before a retry. */
function Wake({ run }: { run: Run }) {
  const wake = useChange([queryKeys.runs], () => api.post('/api/runs/{id}/wake', { path: { id: run.id }, body: {} }), {
    onError: notifyError,
  })
  const canWake = run.waiting_for?.some(({ kind }) => kind === 'sleep' || kind === 'retry') ?? false
  if (!useMay('run') || !canWake) return null
  return (
    <Group p="sm">
      <Button variant="default" size="xs" loading={wake.isPending} onClick={() => wake.mutate()}>
        {t('Continue now')}
      </Button>
    </Group>
  )
}

const CAN_CONTINUE: readonly RunStatus[] = ['failed', 'timed_out', 'lost']

function Continue({ run, workflow }: { run: Run; workflow: Workflow | undefined }) {
  const attempts = useAttempts(run).data
  const isLast = attempts?.at(-1)?.id === run.id
  const isTest = run.trigger === 'test' || run.trigger === 'trial'
  if (!useMay('run') || !isLast || isTest || run.erased_at !== null || !CAN_CONTINUE.includes(run.status)) return null
  return (
    <Group p="sm">
      <ReplayButton run={run} workflow={workflow} from="steps" />
      <Text size="sm" c="dimmed">
        {t('The next attempt keeps the stored steps, except the one that ended this run.')}
      </Text>
    </Group>
  )
}
