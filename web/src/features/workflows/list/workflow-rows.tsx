import { Text, Tooltip, VisuallyHidden } from '@mantine/core'
import { Link } from 'react-router'
import { counted } from '../../../lib/numbers.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { useLastRuns } from '../../../lib/requests/runs/get-runs.ts'
import { isBad, type RunSummary } from '../../../lib/requests/runs/run.ts'
import { visible } from '../../../lib/text.ts'
import { everyText } from '../../../lib/time.ts'
import { KindLabel } from '../../../lib/ui/kind.tsx'
import { RelativeTime } from '../../../lib/ui/relative-time.tsx'
import { RunStatusIcon, RunStatusLabel, WorkflowStateLabel } from '../../../lib/ui/runs/status.tsx'
import classes from './workflow-rows.module.css'

/** The list of workflows, each with its latest runs. */
export function WorkflowRows({ workflows }: { workflows: readonly Workflow[] }) {
  return (
    <ul className={classes.list} aria-label="Workflows">
      {workflows.map((workflow) => (
        <li key={workflow.id}>
          <Link to={`/workflows/${workflow.id}`} className={classes.row}>
            <div className={classes.name}>
              <Text fw={600} className="clip" title={workflow.name}>
                {visible(workflow.name)}
              </Text>
              {workflow.description === '' ? null : (
                <Text size="xs" c="dimmed" className="clip" title={workflow.description}>
                  {visible(workflow.description)}
                </Text>
              )}
            </div>
            <Text size="sm" c="dimmed" component="div" className={classes.kind}>
              <KindLabel kind={workflow.kind} />
              {workflow.schedule === null ? null : <Text size="xs">{scheduleText(workflow.schedule)}</Text>}
            </Text>
            <div className={classes.state}>
              <WorkflowStateLabel workflow={workflow} />
            </div>
            <LastRuns workflowId={workflow.id} />
          </Link>
        </li>
      ))}
    </ul>
  )
}

const GLANCE = 12

function LastRuns({ workflowId }: { workflowId: string }) {
  const { data } = useLastRuns(workflowId, GLANCE)
  const runs = data?.data ?? []
  const newest = runs[0]
  if (newest === undefined)
    return (
      <Text size="sm" c="dimmed" className={classes.runs}>
        {data === undefined ? '' : 'No runs yet'}
      </Text>
    )
  return (
    <div className={classes.runs}>
      <Marks runs={runs} />
      <Text size="sm" component="div" className={classes.newest}>
        <RunStatusLabel run={newest} />
        <Text span size="sm" c="dimmed">
          <RelativeTime at={newest.created_at} />
        </Text>
      </Text>
    </div>
  )
}

function Marks({ runs }: { runs: readonly RunSummary[] }) {
  const bad = runs.filter(isBad).length
  const words = `Last ${counted(runs.length, 'run')}: ${bad === 0 ? 'none' : bad} failed`
  return (
    <Tooltip label={words}>
      <div className={classes.marks}>
        <VisuallyHidden>{words}</VisuallyHidden>
        {runs.toReversed().map((run) => (
          <RunStatusIcon key={run.id} run={run} size={13} />
        ))}
      </div>
    </Tooltip>
  )
}

function scheduleText(schedule: NonNullable<Workflow['schedule']>): string {
  return 'every_seconds' in schedule ? everyText(schedule.every_seconds) : schedule.cron
}
