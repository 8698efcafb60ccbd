import { Skeleton, Text } from '@mantine/core'
import type { Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useGet } from '../../lib/client/use-get.ts'
import { LOCALE } from '../../lib/i18n/language.ts'
import { t } from '../../lib/i18n/t.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import classes from './tick-calendar.module.css'

const DAYS = 12 * 7
const HEIGHT = 150

export function TickCalendar({ workflow }: { workflow: Workflow }) {
  const { schedule } = workflow
  const zone =
    schedule !== null && 'timezone' in schedule ? schedule.timezone : Intl.DateTimeFormat().resolvedOptions().timeZone
  const days = useTickDays(workflow.id, DAYS, zone)
  if (days.error !== null) return <LoadError of={days} />
  if (days.data === undefined) return <Skeleton height={HEIGHT} />
  return (
    <div>
      <Calendar days={days.data.data} zone={zone} />
      <ul className={classes.legend}>
        {LEGEND.map(({ state, words }) => (
          <li key={state}>
            <span className={classes.day} data-state={state} /> {words}
          </li>
        ))}
      </ul>
    </div>
  )
}

type State = 'none' | 'ran' | 'skipped' | 'failed' | 'missed'
const LEGEND: readonly { state: State; words: string }[] = [
  { state: 'ran', words: t('all ran') },
  { state: 'skipped', words: t('some skipped') },
  { state: 'failed', words: t('some runs failed') },
  { state: 'missed', words: t('some missed') },
  { state: 'none', words: t('no ticks') },
]

function Calendar({ days, zone }: { days: readonly TickDay[]; zone: string }) {
  const weekday = new Intl.DateTimeFormat('en', { timeZone: zone, weekday: 'short' })
  const month = new Intl.DateTimeFormat(LOCALE, { timeZone: zone, month: 'short' })
  const date = new Intl.DateTimeFormat(LOCALE, { timeZone: zone, weekday: 'long', day: 'numeric', month: 'long' })
  const first = days[0]
  const shift = first === undefined ? 0 : WEEKDAYS.indexOf(weekday.format(new Date(first.starts_at)))
  return (
    <section className={classes.calendar} role="img" aria-label={summaryOf(days)}>
      {NAMED_ROWS.map(({ row, name }) => (
        <span key={row} className={classes.name} style={{ gridRow: row, gridColumn: 1 }}>
          {name}
        </span>
      ))}
      {days.map((day, index) => {
        const at = new Date(day.starts_at)
        const place = { gridRow: ((index + shift) % 7) + 2, gridColumn: Math.floor((index + shift) / 7) + 2 }
        const startsMonth = index > 0 && month.format(at) !== month.format(new Date(days[index - 1]?.starts_at ?? at))
        return [
          startsMonth || index === 0 ? (
            <Text
              key={`month ${day.starts_at}`}
              className={classes.name}
              style={{ gridRow: 1, gridColumn: place.gridColumn }}
            >
              {index === 0 && days.length > 7 && monthEndsSoon(days, month) ? '' : month.format(at)}
            </Text>
          ) : null,
          <span
            key={day.starts_at}
            className={classes.day}
            data-state={stateOf(day)}
            style={place}
            title={`${date.format(at)}: ${wordsOf(day)}`}
          />,
        ]
      })}
    </section>
  )
}

const WEEKDAYS = [t('Mon'), t('Tue'), t('Wed'), t('Thu'), t('Fri'), t('Sat'), t('Sun')]
const NAMED_ROWS = [0, 2, 4].map((index) => ({ row: index + 2, name: WEEKDAYS[index] }))

/** Two months' labels would overlap. */
function monthEndsSoon(days: readonly TickDay[], month: Intl.DateTimeFormat): boolean {
  const [first, later] = [days[0], days[20]]
  return (
    first !== undefined &&
    later !== undefined &&
    month.format(new Date(first.starts_at)) !== month.format(new Date(later.starts_at))
  )
}

function stateOf({ ran, skipped, missed, failed }: TickDay): State {
  if (missed > 0) return 'missed'
  if (failed > 0) return 'failed'
  if (skipped > 0) return 'skipped'
  return ran > 0 ? 'ran' : 'none'
}

function wordsOf({ ran, skipped, missed, failed }: TickDay): string {
  const said = [
    ran > 0 ? t('{count, plural, one {# ran} other {# ran}}', { count: ran }) : '',
    failed > 0 ? t('{count, plural, one {# failed} other {# failed}}', { count: failed }) : '',
    skipped > 0 ? t('{count, plural, one {# skipped} other {# skipped}}', { count: skipped }) : '',
    missed > 0 ? t('{count, plural, one {# missed} other {# missed}}', { count: missed }) : '',
  ].filter((words) => words !== '')
  return said.length === 0 ? t('no ticks') : said.join(', ')
}

function summaryOf(days: readonly TickDay[]): string {
  const sum = (name: 'ran' | 'skipped' | 'missed' | 'failed') => days.reduce((total, day) => total + day[name], 0)
  const all = { starts_at: '', ran: sum('ran'), skipped: sum('skipped'), missed: sum('missed'), failed: sum('failed') }
  return t('Ticks of the last {count} days: {words}', { count: days.length, words: wordsOf(all) })
}

type TickDay = Schemas['TickDay']

const REFRESH_MS = 30_000

const useTickDays = (workflowId: string, days: number, timezone: string) =>
  useGet(
    queryKeys.tickDays(workflowId, days, timezone),
    ['/api/workflows/{id}/tick-days', { path: { id: workflowId }, query: { days, timezone } }],
    { refetchInterval: REFRESH_MS },
  )
