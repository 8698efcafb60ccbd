import { Skeleton } from '@mantine/core'
import { Suspense } from 'react'
import { LOCALE } from '../../i18n/language.ts'
import { t } from '../../i18n/t.ts'
import { lazyPart } from '../../lazy-part.ts'
import { duration } from '../../numbers.ts'
import { type Stats, type TimeSpan, useStats } from '../../requests/get-stats.ts'
import { LoadError } from '../load-error.tsx'
import { Panel } from '../panel.tsx'
import { RunBars } from './run-bars.tsx'
import classes from './run-charts.module.css'

// The chart library is half as large as the app.
const LatencyChart = lazyPart(async () => (await import('./latency-chart.tsx')).LatencyChart)

const HEIGHT = 132

type Props = {
  workflowId: string | null
  time: number | TimeSpan
  timeWords: string
  onChoose?: (span: TimeSpan) => void
  only?: 'runs'
}

export function RunCharts({ workflowId, time, timeWords, onChoose, only }: Props) {
  const stats = useStats(workflowId, time)
  if (stats.error !== null && stats.data === undefined) {
    return <LoadError of={stats} />
  }
  return (
    <div className={classes.charts} data-only={only}>
      <Panel title={t('Runs')} aside={<span className={classes.words}>{runWords(stats.data, timeWords)}</span>}>
        <Frame stats={stats.data}>{(data) => <RunBars stats={data} onChoose={onChoose} />}</Frame>
      </Panel>
      {only === 'runs' ? null : (
        <Panel title={t('Duration')} aside={<span className={classes.words}>{latencyWords(stats.data)}</span>}>
          <Frame stats={stats.data}>{(data) => <LatencyChart stats={data} />}</Frame>
        </Panel>
      )}
    </div>
  )
}

function Frame({ stats, children }: { stats: Stats | undefined; children: (stats: Stats) => React.ReactNode }) {
  const place = <Skeleton height={HEIGHT} />
  return (
    <div style={{ height: HEIGHT }}>
      {stats === undefined ? place : <Suspense fallback={place}>{children(stats)}</Suspense>}
    </div>
  )
}

function runWords(stats: Stats | undefined, timeWords: string): string {
  if (stats === undefined) return ''
  const total = stats.data.reduce((sum, bucket) => sum + bucket.total, 0)
  const failed = stats.data.reduce((sum, bucket) => sum + bucket.failed, 0)
  const more = stats.data.some(({ capped }) => capped) ? t('more than ') : ''
  return t('{more}{total, plural, one {# run} other {# runs}}, {failed} failed in {timeWords}', {
    more,
    total,
    failed: failed.toLocaleString(LOCALE),
    timeWords,
  })
}

function latencyWords(stats: Stats | undefined): string {
  const last = stats?.data.findLast(({ p50_ms }) => p50_ms !== null)
  if (last === undefined || last.p50_ms === null || last.p95_ms === null) return ''
  return t('now p50 {p50Ms}, p95 {p95Ms}', { p50Ms: duration(last.p50_ms), p95Ms: duration(last.p95_ms) })
}
