import { Anchor, Button, Group, Stack, Text } from '@mantine/core'
import IconPlayerPause from '@tabler/icons-react/icons/IconPlayerPause'
import IconPlayerPlay from '@tabler/icons-react/icons/IconPlayerPlay'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { rich } from '../../lib/i18n/rich.ts'
import { t } from '../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../lib/notices/notify.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import { useNextTicks } from '../../lib/requests/get-next-ticks.ts'
import type { Schedule, Workflow } from '../../lib/requests/get-workflow.ts'
import { useUpdateWorkflow } from '../../lib/requests/update-workflow.ts'
import { everyText } from '../../lib/time.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { UpcomingTicks } from '../../lib/ui/runs/upcoming-ticks.tsx'
import { useCronWords } from '../../lib/use-cron-words.ts'

export function SchedulePanel({ workflow, runNow }: { workflow: Workflow; runNow: ReactNode }) {
  const { schedule } = workflow
  const mayWrite = useMay('write')
  return (
    <Panel
      title={t('Schedule')}
      aside={
        <Group gap="xs">
          {!mayWrite || schedule === null || workflow.archived ? null : <PauseButton workflow={workflow} />}
          {runNow}
        </Group>
      }
    >
      {schedule === null ? (
        <Text c="dimmed">
          {rich('No schedule. Set one under <link>Settings</link>.', {
            link: (words) => (
              <Anchor component={Link} to={`/workflows/${workflow.id}/settings`} inherit underline="always">
                {words}
              </Anchor>
            ),
          })}
        </Text>
      ) : (
        <Stack gap="sm">
          <Words schedule={schedule} />
          <NextTicks workflow={workflow} schedule={schedule} />
        </Stack>
      )}
    </Panel>
  )
}

function PauseButton({ workflow }: { workflow: Workflow }) {
  const update = useUpdateWorkflow(workflow.id)
  const { enabled } = workflow
  const setEnabled = (next: boolean) =>
    update.mutate(
      { enabled: next },
      {
        onSuccess: () => notifyDone(next ? t('Schedule resumed.') : t('Schedule paused.')),
        onError: notifyError,
      },
    )
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={enabled ? <IconPlayerPause size={14} aria-hidden /> : <IconPlayerPlay size={14} aria-hidden />}
      loading={update.isPending}
      onClick={() => setEnabled(!enabled)}
    >
      {enabled ? t('Pause') : t('Resume')}
    </Button>
  )
}

function Words({ schedule }: { schedule: Schedule }) {
  const words = useCronWords('cron' in schedule ? schedule.cron : null)
  if ('continuous' in schedule) {
    return (
      <Text fw={600}>
        {t('Runs continuously, {seconds, plural, one {# second} other {# seconds}} after the last run ended', {
          seconds: schedule.pause_seconds,
        })}
      </Text>
    )
  }
  if ('every_seconds' in schedule)
    return <Text fw={600}>{t('Runs {everySeconds}', { everySeconds: everyText(schedule.every_seconds) })}</Text>
  return (
    <div>
      <Text fw={600}>{words ?? schedule.cron}</Text>
      <Text size="sm" c="dimmed">
        {rich('{span} · {timezone} time', {
          span: <span className="mono">{schedule.cron}</span>,
          timezone: schedule.timezone,
        })}
      </Text>
    </div>
  )
}

function NextTicks({ workflow, schedule }: { workflow: Workflow; schedule: Schedule }) {
  const ticks = useNextTicks(workflow.id)
  if (ticks.error !== null) return <LoadError of={ticks} />
  if (ticks.data === undefined) return null
  if (ticks.data.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {noTicksText(workflow)}
      </Text>
    )
  }
  return <UpcomingTicks schedule={schedule} ticks={ticks.data} />
}

function noTicksText({ enabled, archived, deployed_version, schedule }: Workflow): string {
  if (!enabled || archived) return t('Paused: no runs are scheduled.')
  if (deployed_version === null) return t('Starts after the first deployment.')
  return schedule !== null && 'continuous' in schedule
    ? t('The next run starts when the current one has ended.')
    : t('No runs are scheduled.')
}
