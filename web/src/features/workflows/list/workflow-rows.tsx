import { Badge, Checkbox, Group, Text, Tooltip, VisuallyHidden } from '@mantine/core'
import { Link } from 'react-router'
import { t } from '../../../lib/i18n/t.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { isBad } from '../../../lib/requests/runs/run.ts'
import { visible } from '../../../lib/text.ts'
import { everyText } from '../../../lib/time.ts'
import { KindLabel } from '../../../lib/ui/kind.tsx'
import { RelativeTime } from '../../../lib/ui/relative-time.tsx'
import { RunStatusIcon, RunStatusLabel, WorkflowStateLabel } from '../../../lib/ui/runs/status.tsx'
import { useCronWords } from '../../../lib/use-cron-words.ts'
import type { Glance } from './get-last-runs.ts'
import classes from './workflow-rows.module.css'

type Props = {
  workflows: readonly Workflow[]
  glances: ReadonlyMap<string, readonly Glance[]> | undefined
  chosen: ReadonlySet<string>
  onChoose: ((id: string, isChosen: boolean) => void) | null
}

export function WorkflowRows({ workflows, glances, chosen, onChoose }: Props) {
  return (
    <ul className={classes.list} aria-label={t('Workflows')}>
      {workflows.map((workflow) => (
        <li key={workflow.id} className={classes.item}>
          {onChoose === null ? null : (
            <Checkbox
              className={classes.check}
              aria-label={t('Select {name}', { name: visible(workflow.name) })}
              checked={chosen.has(workflow.id)}
              onChange={(event) => onChoose(workflow.id, event.currentTarget.checked)}
            />
          )}
          <Link to={`/workflows/${workflow.id}`} className={classes.row}>
            <div className={classes.name}>
              <Group gap={6} wrap="nowrap">
                <Text fw={600} className="clip" title={workflow.name}>
                  {visible(workflow.name)}
                </Text>
                {workflow.tags.map((tag) => (
                  <Badge key={tag} size="sm" variant="default" tt="none" className={classes.tag}>
                    {visible(tag)}
                  </Badge>
                ))}
              </Group>
              {workflow.description === '' ? null : (
                <Text size="xs" c="dimmed" className="clip" title={workflow.description} dir="auto">
                  {visible(workflow.description)}
                </Text>
              )}
            </div>
            <Text size="sm" c="dimmed" component="div" className={classes.kind}>
              <KindLabel kind={workflow.kind} />
              {workflow.schedule === null ? null : <ScheduleText schedule={workflow.schedule} />}
            </Text>
            <div className={classes.state}>
              <WorkflowStateLabel workflow={workflow} />
            </div>
            <LastRuns runs={glances?.get(workflow.id)} />
          </Link>
        </li>
      ))}
    </ul>
  )
}

function LastRuns({ runs }: { runs: readonly Glance[] | undefined }) {
  const newest = runs?.[0]
  if (runs === undefined || newest === undefined)
    return (
      <Text size="sm" c="dimmed" className={classes.runs}>
        {runs === undefined ? '' : t('No runs yet')}
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

function Marks({ runs }: { runs: readonly Glance[] }) {
  const bad = runs.filter(isBad).length
  const words = t('Last {count, plural, one {# run} other {# runs}}: {bad, plural, =0 {none} other {#}} failed', {
    count: runs.length,
    bad,
  })
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

function ScheduleText({ schedule }: { schedule: NonNullable<Workflow['schedule']> }) {
  const words = useCronWords('cron' in schedule ? schedule.cron : '')
  return (
    <Text size="xs">{'every_seconds' in schedule ? everyText(schedule.every_seconds) : (words ?? schedule.cron)}</Text>
  )
}
