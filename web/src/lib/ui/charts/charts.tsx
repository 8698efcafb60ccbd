import '@mantine/charts/styles.css'
import { BarChart, LineChart } from '@mantine/charts'
import { Paper, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { counted, duration } from '../../numbers.ts'
import type { Stats, StatsBucket, TimeSpan } from '../../requests/get-stats.ts'
import { exactTime } from '../../time.ts'

/** Everything of @mantine/charts that the app uses, in a file that is loaded when the first chart is shown. */

const HEIGHT = 132
const AXIS = { tickMargin: 6, interval: 'preserveStartEnd', minTickGap: 48 } as const
const MARGIN = { top: 6, right: 4, bottom: 0, left: 0 } as const
const DAY_SECONDS = 86_400

/** One bar for each part of the time: runs that went well, and above them those that failed. */
export function RunsChart({ stats, onChoose }: { stats: Stats; onChoose?: (span: TimeSpan) => void }) {
  const data = stats.data.map((bucket) => ({
    ...labelled(bucket, stats),
    well: bucket.total - bucket.failed,
    failed: bucket.failed,
  }))
  const choose = (index: unknown) => {
    const bucket = stats.data[Number(index)]
    if (bucket !== undefined && bucket.total > 0) onChoose?.(spanOf(bucket, stats))
  }
  return (
    <BarChart
      h={HEIGHT}
      data={data}
      dataKey="label"
      type="stacked"
      series={[
        { name: 'well', label: 'Not failed', color: 'var(--wf-chart-good)' },
        { name: 'failed', label: 'Failed', color: 'var(--wf-chart-bad)' },
      ]}
      gridAxis="x"
      tickLine="none"
      xAxisProps={AXIS}
      yAxisProps={{ width: 40, allowDecimals: false, tickCount: 3 }}
      barProps={{ isAnimationActive: false }}
      tooltipAnimationDuration={0}
      tooltipProps={{
        content: ({ label }) => (
          <RunsTooltip bucket={stats.data[data.findIndex((one) => one.label === label)]} stats={stats} />
        ),
      }}
      barChartProps={{
        margin: MARGIN,
        style: onChoose === undefined ? {} : { cursor: 'pointer' },
        onClick: ({ activeTooltipIndex }) => choose(activeTooltipIndex),
      }}
    />
  )
}

/** Half of the runs took no longer than the lower line, and nineteen of twenty no longer than the upper one. */
export function LatencyChart({ stats }: { stats: Stats }) {
  const data = stats.data.map((bucket) => ({ ...labelled(bucket, stats), p50: bucket.p50_ms, p95: bucket.p95_ms }))
  return (
    <LineChart
      h={HEIGHT}
      data={data}
      dataKey="label"
      series={[
        { name: 'p95', color: 'var(--wf-chart-p95)', strokeDasharray: '4 3' },
        { name: 'p50', color: 'var(--wf-chart-p50)' },
      ]}
      gridAxis="x"
      tickLine="none"
      curveType="linear"
      strokeWidth={1.5}
      withDots={false}
      connectNulls
      xAxisProps={AXIS}
      yAxisProps={{ width: 56, tickCount: 3 }}
      valueFormatter={duration}
      lineProps={{ isAnimationActive: false }}
      tooltipAnimationDuration={0}
      lineChartProps={{ margin: MARGIN }}
      tooltipProps={{
        content: ({ label }) => (
          <LatencyTooltip bucket={stats.data[data.findIndex((one) => one.label === label)]} stats={stats} />
        ),
      }}
    />
  )
}

type TooltipProps = { bucket: StatsBucket | undefined; stats: Stats }

function RunsTooltip({ bucket, stats }: TooltipProps) {
  if (bucket === undefined) return null
  return (
    <Told bucket={bucket} stats={stats}>
      <div>
        {bucket.capped ? 'more than ' : ''}
        {counted(bucket.total, 'run')}
      </div>
      {bucket.failed === 0 ? null : (
        <Text size="xs" c="var(--wf-bad)">
          {bucket.failed.toLocaleString()} failed
        </Text>
      )}
    </Told>
  )
}

function LatencyTooltip({ bucket, stats }: TooltipProps) {
  if (bucket === undefined || bucket.p50_ms === null || bucket.p95_ms === null) return null
  return (
    <Told bucket={bucket} stats={stats}>
      <div>p50 {duration(bucket.p50_ms)}</div>
      <div>p95 {duration(bucket.p95_ms)}</div>
    </Told>
  )
}

function Told({ bucket, stats, children }: { bucket: StatsBucket; stats: Stats; children: ReactNode }) {
  const { since, until } = spanOf(bucket, stats)
  return (
    <Paper withBorder px="xs" py={6} fz="xs" shadow="sm">
      <Text size="xs" c="dimmed">
        {exactTime(since)} – {CLOCK.format(new Date(until))}
      </Text>
      {children}
    </Paper>
  )
}

function spanOf(bucket: StatsBucket, { bucket_seconds }: Stats): TimeSpan {
  const until = new Date(Date.parse(bucket.starts_at) + bucket_seconds * 1000).toISOString()
  return { since: bucket.starts_at, until }
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const DAY_AND_CLOCK = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})

/** Labels name the parts for the library too, so each is another. */
function labelled(bucket: StatsBucket, { since, until }: Stats): { label: string } {
  const seconds = (Date.parse(until) - Date.parse(since)) / 1000
  const at = new Date(bucket.starts_at)
  return { label: seconds <= DAY_SECONDS ? CLOCK.format(at) : DAY_AND_CLOCK.format(at) }
}
