import '@mantine/charts/styles.css'
import { LineChart } from '@mantine/charts'
import { Paper, Text } from '@mantine/core'
import { duration } from '../../numbers.ts'
import type { Stats, StatsBucket } from '../../requests/get-stats.ts'
import { bucketTime } from './buckets.ts'

const HEIGHT = 132
const AXIS = { tickMargin: 6, interval: 'preserveStartEnd', minTickGap: 48 } as const
const MARGIN = { top: 6, right: 4, bottom: 0, left: 0 } as const

export function LatencyChart({ stats }: { stats: Stats }) {
  const data = stats.data.map((bucket) => ({
    // The library's keys are the labels.
    label: bucketTime(bucket, stats),
    p50: bucket.p50_ms,
    p95: bucket.p95_ms,
  }))
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
      // One point has no line.
      withDots={data.filter(({ p50 }) => p50 !== null).length === 1}
      dotProps={{ r: 3, strokeWidth: 0 }}
      connectNulls
      xAxisProps={AXIS}
      yAxisProps={{ width: 56, tickCount: 3 }}
      valueFormatter={duration}
      lineProps={{ isAnimationActive: false }}
      tooltipAnimationDuration={0}
      lineChartProps={{ margin: MARGIN }}
      tooltipProps={{
        content: ({ label }) => (
          <BucketTooltip bucket={stats.data[data.findIndex((one) => one.label === label)]} stats={stats} />
        ),
      }}
    />
  )
}

function BucketTooltip({ bucket, stats }: { bucket: StatsBucket | undefined; stats: Stats }) {
  if (bucket === undefined || bucket.p50_ms === null || bucket.p95_ms === null) return null
  return (
    <Paper withBorder px="xs" py={6} fz="xs" shadow="sm">
      <Text size="xs" c="dimmed">
        {bucketTime(bucket, stats)}
      </Text>
      <div>p50 {duration(bucket.p50_ms)}</div>
      <div>p95 {duration(bucket.p95_ms)}</div>
    </Paper>
  )
}
