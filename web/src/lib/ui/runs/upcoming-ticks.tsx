import { Text } from '@mantine/core'
import IconClockExclamation from '@tabler/icons-react/icons/IconClockExclamation'
import { LOCALE } from '../../i18n/language.ts'
import { t } from '../../i18n/t.ts'
import type { UpcomingTick } from '../../requests/get-next-ticks.ts'
import type { Schedule } from '../../requests/get-workflow.ts'
import { RelativeTime } from '../relative-time.tsx'
import classes from './upcoming-ticks.module.css'

type Props = { schedule: Schedule; ticks: readonly UpcomingTick[] }

export function UpcomingTicks({ schedule, ticks }: Props) {
  const format = formatOf(schedule)
  return (
    <ol className={classes.ticks} aria-label={t('Next ticks')}>
      {ticks.map((tick) => (
        <li key={tick.due_at} data-marked={tick.clock_change !== null || undefined}>
          <span className={classes.time}>{format.format(new Date(tick.due_at))}</span>
          <Text span size="sm" c="dimmed">
            <RelativeTime at={tick.due_at} zone={'cron' in schedule ? schedule.timezone : undefined} />
          </Text>
          {tick.clock_change === null ? null : (
            <span className={classes.mark}>
              <IconClockExclamation size={14} aria-hidden /> {clockWords(tick)}
            </span>
          )}
        </li>
      ))}
    </ol>
  )
}

function clockWords({ clock_change, moved }: UpcomingTick): string {
  if (moved)
    return t('Clocks go forward: this time does not exist on that day, so the run starts at the next valid time')
  return clock_change === 'forward' ? t('Clocks have gone forward') : t('Clocks have gone back')
}

const DATE = { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const

function formatOf(schedule: Schedule): Intl.DateTimeFormat {
  if ('cron' in schedule) {
    return new Intl.DateTimeFormat(LOCALE, { ...DATE, timeZone: schedule.timezone, timeZoneName: 'short' })
  }
  return new Intl.DateTimeFormat(LOCALE, { ...DATE, second: '2-digit' })
}
