import { Anchor, Button, Group, Stack, Table } from '@mantine/core'
import IconCircleCheck from '@tabler/icons-react/icons/IconCircleCheck'
import IconCircleX from '@tabler/icons-react/icons/IconCircleX'
import IconPlayerSkipForward from '@tabler/icons-react/icons/IconPlayerSkipForward'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { usePages } from '../../lib/client/use-pages.ts'
import { t } from '../../lib/i18n/t.ts'
import { serverWords } from '../../lib/notices/server-words.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { getRuns } from '../../lib/requests/runs/get-runs.ts'
import type { RunSummary } from '../../lib/requests/runs/run.ts'
import { Empty } from '../../lib/ui/empty.tsx'
import { HelpLink } from '../../lib/ui/help/help-link.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RunStatusLabel } from '../../lib/ui/runs/status.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { TickCalendar } from './tick-calendar.tsx'

export function TicksPanel({ workflow }: { workflow: Workflow }) {
  const ticks = useTicks(workflow.id)
  const runs = useScheduledRuns(workflow.id)
  const rows = ticks.data?.pages.flatMap((page) => page.data) ?? []
  return (
    <Panel title={t('Ticks')} help={<HelpLink about="tick" />}>
      <Stack gap="md">
        <LoadError of={ticks} />
        {ticks.data !== undefined && rows.length === 0 ? (
          <Empty title={t('No ticks yet')}>{t('Each time the schedule is due, the tick is recorded here.')}</Empty>
        ) : (
          <>
            <TickCalendar workflow={workflow} />
            <TickTable ticks={rows} runs={runs.data ?? NO_RUNS} />
          </>
        )}
        {ticks.hasNextPage ? (
          <Group justify="center">
            <Button
              size="xs"
              variant="default"
              loading={ticks.isFetchingNextPage}
              onClick={() => void ticks.fetchNextPage()}
            >
              {t('Show older ticks')}
            </Button>
          </Group>
        ) : null}
      </Stack>
    </Panel>
  )
}

const NO_RUNS: ReadonlyMap<string, RunSummary> = new Map()

function TickTable({ ticks, runs }: { ticks: readonly Tick[]; runs: ReadonlyMap<string, RunSummary> }) {
  return (
    <StackedTable aria-label={t('Last ticks')} minWidth={420} heads={[t('Due'), t('Outcome'), t('Run or reason')]}>
      {ticks.map((tick) => (
        <Table.Tr key={`${tick.due_at} ${tick.run_id}`}>
          <Table.Td data-head={t('Due')}>
            <RelativeTime at={tick.due_at} />
          </Table.Td>
          <Table.Td data-head={t('Outcome')}>
            <Outcome outcome={tick.outcome} />
          </Table.Td>
          <Table.Td className="wrap" data-head={tick.run_id === null ? t('Reason') : t('Run')}>
            {tick.run_id === null ? (
              serverWords(tick.reason ?? '')
            ) : (
              <RunOfTick id={tick.run_id} run={runs.get(tick.run_id)} />
            )}
          </Table.Td>
        </Table.Tr>
      ))}
    </StackedTable>
  )
}

function RunOfTick({ id, run }: { id: string; run: RunSummary | undefined }) {
  return (
    <Group gap="0 10px">
      {run === undefined ? null : <RunStatusLabel run={run} />}
      <Anchor component={Link} to={`/runs/${id}`} inherit>
        {t('open run')}
      </Anchor>
    </Group>
  )
}

const OUTCOMES = {
  ran: { word: t('ran'), icon: IconCircleCheck, color: 'var(--mantine-color-dimmed)' },
  skipped: { word: t('skipped'), icon: IconPlayerSkipForward, color: 'var(--wf-warn)' },
  missed: { word: t('missed'), icon: IconCircleX, color: 'var(--wf-bad)' },
} as const

function Outcome({ outcome }: { outcome: Tick['outcome'] }) {
  const { word, icon: Icon, color } = OUTCOMES[outcome]
  return (
    <Group gap={6} wrap="nowrap">
      <Icon size={15} color={color} aria-hidden /> {word}
    </Group>
  )
}

type Tick = Schemas['Tick']

const AT_ONCE = 8

const useTicks = (id: string) =>
  usePages(
    queryKeys.ticks(id),
    ({ cursor, signal }) =>
      api.get('/api/workflows/{id}/ticks', { path: { id }, query: { limit: AT_ONCE, cursor }, signal }),
    { refetchInterval: 5000 },
  )

const MAX_RUNS = 50

function useScheduledRuns(workflowId: string) {
  return useQuery({
    queryKey: queryKeys.scheduledRuns(workflowId),
    queryFn: async ({ signal }) => {
      const { data } = await getRuns(workflowId, { trigger: 'schedule' }, { limit: MAX_RUNS, cursor: null }, signal)
      return new Map(data.map((run) => [run.id, run]))
    },
    refetchInterval: 5000,
  })
}
