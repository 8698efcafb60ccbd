import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { Link, useNavigate } from 'react-router'
import { rich } from '../../../lib/i18n/rich.ts'
import { t } from '../../../lib/i18n/t.ts'
import { notifyError } from '../../../lib/notices/notify.ts'
import { duration } from '../../../lib/numbers.ts'
import { useMay } from '../../../lib/requests/get-me.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { useLastRuns } from '../../../lib/requests/runs/get-runs.ts'
import { useUpdateWorkflow } from '../../../lib/requests/update-workflow.ts'
import { visible } from '../../../lib/text.ts'
import { RunCharts } from '../../../lib/ui/charts/run-charts.tsx'
import { Empty } from '../../../lib/ui/empty.tsx'
import { Panel } from '../../../lib/ui/panel.tsx'
import { RelativeTime } from '../../../lib/ui/relative-time.tsx'
import { saidBy } from '../../../lib/ui/runs/said-by.ts'
import { RunStatusLabel } from '../../../lib/ui/runs/status.tsx'
import { WaitingRuns } from '../../../lib/ui/runs/waiting-runs.tsx'
import { wordOf } from '../../../lib/words.ts'
import { Incident } from '../../alerts/incident.tsx'
import { SchedulePanel } from '../../schedules/schedule-panel.tsx'
import { TicksPanel } from '../../schedules/ticks-panel.tsx'
import { CanaryPanel } from '../../trials/canary-panel.tsx'
import { HookPanel } from './hook-panel.tsx'
import classes from './overview.module.css'
import { Overwrites } from './overwrites.tsx'
import { RunNow } from './run-now.tsx'

export function OverviewTab({ workflow }: { workflow: Workflow }) {
  return (
    <Stack gap="md">
      <Hints workflow={workflow} />
      <Incident workflowId={workflow.id} />
      <Overwrites workflowId={workflow.id} />
      {workflow.description === '' ? null : (
        <Text c="dimmed" className="wrap" maw={820}>
          {visible(workflow.description)}
        </Text>
      )}
      <div className={classes.columns}>
        <Stack gap="md" miw={0}>
          {workflow.kind === 'catch' ? (
            <HookPanel workflow={workflow} />
          ) : (
            <SchedulePanel workflow={workflow} runNow={<RunNow workflow={workflow} />} />
          )}
          {workflow.kind === 'catch' ? <Chart workflow={workflow} /> : <TicksPanel workflow={workflow} />}
          {workflow.kind === 'catch' ? <CanaryPanel workflow={workflow} /> : null}
        </Stack>
        <LastRunsPanel workflow={workflow} />
      </div>
    </Stack>
  )
}

const DAY_MS = 86_400_000

function Chart({ workflow }: { workflow: Workflow }) {
  const navigate = useNavigate()
  return (
    <RunCharts
      workflowId={workflow.id}
      only="runs"
      time={DAY_MS}
      timeWords={t('the last 24 hours')}
      onChoose={(span) => void navigate(`/workflows/${workflow.id}/runs?${new URLSearchParams(span)}`)}
    />
  )
}

function Hints({ workflow }: { workflow: Workflow }) {
  const update = useUpdateWorkflow(workflow.id)
  const mayWrite = useMay('write')
  if (workflow.archived) {
    return (
      <Alert color="gray" variant="light">
        {rich(
          'This workflow is archived: nothing runs, and its URL answers 410. You can restore it under <link>Settings</link>.',
          {
            link: (words) => (
              <Anchor component={Link} to={`/workflows/${workflow.id}/settings`} inherit underline="always">
                {words}
              </Anchor>
            ),
          },
        )}
      </Alert>
    )
  }
  if (!workflow.enabled) {
    return (
      <Alert color="gray" variant="light">
        <Group justify="space-between">
          <span>
            {workflow.kind === 'catch'
              ? t('This workflow is disabled: its URL answers 503.')
              : t('This workflow is disabled: its schedule is paused.')}
          </span>
          {mayWrite ? (
            <Button
              size="xs"
              loading={update.isPending}
              onClick={() => update.mutate({ enabled: true }, { onError: notifyError })}
            >
              {t('Enable')}
            </Button>
          ) : null}
        </Group>
      </Alert>
    )
  }
  if (workflow.deployed_version === null) {
    return (
      <Alert color="yellow" variant="light">
        {rich('No code is deployed yet. Add the properties and choose <i>Deploy</i> under <link>Function</link>.', {
          i: (words) => <i>{words}</i>,
          link: (words) => (
            <Anchor component={Link} to={`/workflows/${workflow.id}/function`} inherit underline="always">
              {words}
            </Anchor>
          ),
        })}
      </Alert>
    )
  }
  return null
}

function noRunsWords({ kind, deployed_version: deployed }: Workflow): string {
  if (kind === 'catch') return t('Call the URL, or test the code under Function.')
  return deployed === null
    ? t('The schedule starts after the first deployment.')
    : t('The first run starts at the next scheduled time, or when you choose Run now.')
}

const WITHOUT_TESTS = { tests: false } as const

function LastRunsPanel({ workflow }: { workflow: Workflow }) {
  const runs = useLastRuns(workflow.id, 8, WITHOUT_TESTS)
  const rows = runs.data?.data ?? []
  return (
    <Panel title={t('Last runs')} flush aside={workflow.kind === 'catch' ? <RunNow workflow={workflow} /> : null}>
      {rows.length === 0 ? (
        <Empty title={t('No runs yet')}>{noRunsWords(workflow)}</Empty>
      ) : (
        <ul className={classes.runs}>
          {rows.map((run) => (
            <li key={run.id}>
              <Link to={`/runs/${run.id}`} className={classes.run}>
                <RunStatusLabel run={run} />
                <Text size="sm" c="dimmed">
                  {wordOf(run.trigger)}
                  {run.version === null ? '' : ` · v${run.version}`}
                </Text>
                <Text size="sm" c="dimmed" ta="right">
                  {run.duration_ms === null ? '' : duration(run.duration_ms)}
                </Text>
                <Text size="sm" c="dimmed" ta="right">
                  <RelativeTime at={run.created_at} />
                </Text>
                {saidBy(run) === '' ? null : (
                  <Text size="sm" c="dimmed" className={`clip ${classes.said}`}>
                    {visible(saidBy(run))}
                  </Text>
                )}
              </Link>
            </li>
          ))}
        </ul>
      )}
      {rows.length === 0 ? null : (
        <Group p="sm" justify="center">
          <Anchor component={Link} to={`/workflows/${workflow.id}/runs`} size="sm">
            {t('All runs')}
          </Anchor>
          <WaitingRuns count={workflow.waiting_runs ?? 0} to={`/workflows/${workflow.id}/runs?status=waiting`} />
        </Group>
      )}
    </Panel>
  )
}
