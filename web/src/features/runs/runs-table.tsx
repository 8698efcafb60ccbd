import { Button, Group, Select, Stack, Text } from '@mantine/core'
import { Link, useSearchParams } from 'react-router'
import { duration } from '../../lib/numbers.ts'
import { useRuns } from '../../lib/requests/get-runs.ts'
import { useWorkflowNames } from '../../lib/requests/get-workflow-names.ts'
import { isBad, type RunStatus, type RunSummary, type Trigger } from '../../lib/requests/run.ts'
import { visible } from '../../lib/text.ts'
import { Empty } from '../../lib/ui/empty.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { RunStatusLabel, statusWord } from '../../lib/ui/status.tsx'
import classes from './runs-table.module.css'

const STATUSES: readonly RunStatus[] = ['succeeded', 'failed', 'timed_out', 'cancelled', 'lost', 'running', 'queued']
const TRIGGERS: readonly Trigger[] = ['hook', 'schedule', 'manual', 'replay']

/** Runs, newest first; new ones appear by themselves. The filters are in the address, so that it can be shared. */
export function RunsTable({ workflowId }: { workflowId: string | null }) {
  const [parameters, setParameters] = useSearchParams()
  const status = STATUSES.find((candidate) => candidate === parameters.get('status')) ?? null
  const trigger = TRIGGERS.find((candidate) => candidate === parameters.get('trigger')) ?? null
  const runs = useRuns(workflowId, { status, trigger })
  const names = useWorkflowNames(workflowId === null)
  const rows = runs.data?.pages.flatMap((page) => page.data) ?? []
  const setFilter = (name: string, value: string | null) => {
    const next = new URLSearchParams(parameters)
    if (value === null) next.delete(name)
    else next.set(name, value)
    setParameters(next, { replace: true })
  }
  return (
    <Stack gap="sm">
      <Group gap="sm">
        <Select
          aria-label="State"
          placeholder="Any state"
          clearable
          w={160}
          value={status}
          onChange={(value) => setFilter('status', value)}
          data={STATUSES.map((value) => ({ value, label: statusWord(value) }))}
        />
        <Select
          aria-label="Trigger"
          placeholder="Any trigger"
          clearable
          w={160}
          value={trigger}
          onChange={(value) => setFilter('trigger', value)}
          data={TRIGGERS.map((value) => ({ value, label: value }))}
        />
      </Group>
      {runs.isPending ? <RowsSkeleton rows={8} height={40} /> : null}
      {runs.error === null ? null : <LoadError error={runs.error} retry={() => void runs.refetch()} />}
      {runs.data !== undefined && rows.length === 0 ? (
        <NoRuns isFiltered={status !== null || trigger !== null} />
      ) : null}
      {rows.length === 0 ? null : <Rows runs={rows} names={workflowId === null ? (names.data ?? new Map()) : null} />}
      {runs.hasNextPage ? (
        <Button variant="default" loading={runs.isFetchingNextPage} onClick={() => void runs.fetchNextPage()}>
          Show older runs
        </Button>
      ) : null}
    </Stack>
  )
}

function NoRuns({ isFiltered }: { isFiltered: boolean }) {
  return isFiltered ? (
    <Empty title="No run like this">Change the filters above.</Empty>
  ) : (
    <Empty title="No runs yet">
      A run appears here as soon as a hook is called, a tick is due, or you try the code under Function.
    </Empty>
  )
}

function Rows({ runs, names }: { runs: readonly RunSummary[]; names: ReadonlyMap<string, string> | null }) {
  return (
    <ul className={classes.list} aria-label="Runs">
      {runs.map((run) => (
        <li key={run.id}>
          <Link
            to={`/runs/${run.id}`}
            className={classes.row}
            data-named={names !== null || undefined}
            data-bad={isBad(run) || undefined}
          >
            <Text size="sm" component="div">
              <RunStatusLabel run={run} />
            </Text>
            {names === null ? null : (
              <Text size="sm" fw={500} className="clip" title={names.get(run.workflow_id)}>
                {visible(names.get(run.workflow_id) ?? run.workflow_id)}
              </Text>
            )}
            <Text size="sm" c={isBad(run) ? undefined : 'dimmed'} className={`clip ${classes.message}`}>
              {visible(summary(run))}
            </Text>
            <Text size="sm" c="dimmed" className={classes.minor}>
              {run.trigger}
              {run.version === null ? ' · test' : ` · v${run.version}`}
            </Text>
            <Text size="sm" c="dimmed" ta="right" className={classes.minor}>
              {run.duration_ms === null ? '' : duration(run.duration_ms)}
            </Text>
            <Text size="sm" c="dimmed" ta="right">
              <RelativeTime at={run.created_at} />
            </Text>
          </Link>
        </li>
      ))}
    </ul>
  )
}

function summary(run: RunSummary): string {
  if (run.message !== null && run.message !== '') return run.message
  return run.warnings.map((warning) => warning.message).join(' · ')
}
