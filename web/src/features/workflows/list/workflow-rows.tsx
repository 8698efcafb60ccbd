import { Badge, Checkbox, Group, Text, Tooltip, VisuallyHidden } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { LOCALE } from '../../../lib/i18n/language.ts'
import { t } from '../../../lib/i18n/t.ts'
import { duration, percent } from '../../../lib/numbers.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { isBad } from '../../../lib/requests/runs/run.ts'
import { visible } from '../../../lib/text.ts'
import { everyText } from '../../../lib/time.ts'
import { useListKeys } from '../../../lib/ui/controls/use-list-keys.ts'
import { KindLabel } from '../../../lib/ui/kind.tsx'
import { RelativeTime } from '../../../lib/ui/relative-time.tsx'
import { RunStatusIcon, RunStatusLabel, WorkflowStateLabel } from '../../../lib/ui/runs/status.tsx'
import { useCronWords } from '../../../lib/use-cron-words.ts'
import type { DayGlance } from './get-glances.ts'
import type { Glance } from './get-last-runs.ts'
import classes from './workflow-rows.module.css'

type Props = {
  workflows: readonly Workflow[]
  glances: ReadonlyMap<string, readonly Glance[]> | undefined
  days: ReadonlyMap<string, DayGlance> | undefined
  chosen: ReadonlySet<string>
  onChoose: ((id: string, isChosen: boolean) => void) | null
}

const HEADS = [
  t('Name'),
  t('Kind'),
  t('Last runs'),
  t('Calls, 24 h'),
  t('Failures'),
  'p95',
  t('Next run'),
  t('Last deployed'),
]

export function WorkflowRows({ workflows, glances, days, chosen, onChoose }: Props) {
  const list = useListKeys()
  const names = Map.groupBy(workflows, ({ name }) => name)
  return (
    <div className={classes.frame}>
      {/* Each cell says its head to screen readers. */}
      <div className={classes.heads} aria-hidden data-checks={onChoose !== null}>
        {HEADS.map((head) => (
          <span key={head}>{head}</span>
        ))}
      </div>
      <ul ref={list} className={classes.list} aria-label={t('Workflows')}>
        {workflows.map((workflow) => (
          <li key={workflow.id} className={classes.item}>
            {onChoose === null ? null : (
              <Checkbox
                size="xs"
                className={classes.check}
                aria-label={t('Select {name}', { name: visible(workflow.name) })}
                checked={chosen.has(workflow.id)}
                onChange={(event) => onChoose(workflow.id, event.currentTarget.checked)}
              />
            )}
            <Row
              workflow={workflow}
              runs={glances?.get(workflow.id)}
              day={days?.get(workflow.id)}
              isTwin={(names.get(workflow.name)?.length ?? 0) > 1}
            />
          </li>
        ))}
      </ul>
    </div>
  )
}

type RowProps = {
  workflow: Workflow
  runs: readonly Glance[] | undefined
  day: DayGlance | undefined
  /** Another workflow has the same name. */
  isTwin: boolean
}

function Row({ workflow, runs, day, isTwin }: RowProps) {
  const isUsual = workflow.enabled && !workflow.archived && workflow.deployed_version !== null
  return (
    <Link to={`/workflows/${workflow.id}`} className={classes.row} data-workflow={workflow.id}>
      <div className={classes.name}>
        <Group gap={6} wrap="nowrap">
          <Text fw={600} size="sm" className="clip" title={workflow.name}>
            {visible(workflow.name)}
          </Text>
          {isTwin ? (
            <Text span size="xs" c="dimmed" className="mono">
              {workflow.id.slice(-6)}
            </Text>
          ) : null}
          {workflow.tags.map((tag) => (
            <Badge key={tag} size="sm" variant="default" tt="none" className={classes.tag}>
              {visible(tag)}
            </Badge>
          ))}
          {isUsual ? null : (
            <Text span size="xs">
              <WorkflowStateLabel workflow={workflow} />
            </Text>
          )}
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
      <LastRuns runs={runs} />
      <Day day={day} version={workflow.deployed_version} />
    </Link>
  )
}

function Day({ day, version }: { day: DayGlance | undefined; version: number | null }) {
  const calls = day?.calls ?? 0
  const failed = day?.failed_calls ?? 0
  return (
    <>
      <Cell head={t('Calls, 24 h')}>{day === undefined ? '' : calls.toLocaleString(LOCALE)}</Cell>
      <Cell head={t('Failures')} isBad={failed > 0}>
        {calls === 0 ? '' : percent(failed / calls)}
      </Cell>
      <Cell head="p95">{day?.p95_ms == null ? '' : duration(day.p95_ms)}</Cell>
      <Cell head={t('Next run')}>{day?.next_tick_at == null ? '' : <RelativeTime at={day.next_tick_at} />}</Cell>
      <Cell head={t('Last deployed')}>
        {day?.deployed_at == null ? (
          ''
        ) : (
          <span className="clip" title={day.deployed_by?.name}>
            v{version} <RelativeTime at={day.deployed_at} />
            {day.deployed_by === null ? '' : ` · ${visible(day.deployed_by.name)}`}
          </span>
        )}
      </Cell>
    </>
  )
}

function Cell({ head, isBad = false, children }: { head: string; isBad?: boolean; children: ReactNode }) {
  return (
    <Text size="sm" c={isBad ? 'var(--wf-bad)' : 'dimmed'} component="div" className={classes.fact}>
      {children === '' ? null : <VisuallyHidden>{head}: </VisuallyHidden>}
      {children}
    </Text>
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
          <RunStatusIcon key={run.id} run={run} size={12} />
        ))}
      </div>
    </Tooltip>
  )
}

function ScheduleText({ schedule }: { schedule: NonNullable<Workflow['schedule']> }) {
  const words = useCronWords('cron' in schedule ? schedule.cron : '')
  return (
    <Text size="xs" className="clip">
      {textOf(schedule) ?? words ?? ('cron' in schedule ? schedule.cron : '')}
    </Text>
  )
}

/** Returns null for cron. */
function textOf(schedule: NonNullable<Workflow['schedule']>): string | null {
  if ('continuous' in schedule) return t('continuously')
  return 'every_seconds' in schedule ? everyText(schedule.every_seconds) : null
}
