/** OTLP does not support summaries. */

import { type HrTime, ValueType } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import {
  AggregationTemporality,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics'
import type { MetricObjectWithValues, MetricValue, Registry } from 'prom-client'

type Found = MetricObjectWithValues<MetricValue<string> & { readonly metricName?: string }>
type Labels = Readonly<Record<string, string | number | undefined>>

export function createProducer(registry: Registry, resource: Resource, scope: { name: string }): MetricProducer {
  const startTime = now()
  return {
    async collect() {
      const found: readonly Found[] = await registry.getMetricsAsJSON()
      const endTime = now()
      const metrics = found.flatMap((metric) => metricOf(metric, { startTime, endTime }) ?? [])
      return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics }] }, errors: [] }
    },
  }
}

type Times = { readonly startTime: HrTime; readonly endTime: HrTime }

function metricOf({ name, help, type, values }: Found, times: Times): MetricData | null {
  const descriptor = { name, description: help, unit: '', valueType: ValueType.DOUBLE }
  const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE }
  const points = () =>
    values.map(({ labels, value }): DataPoint<number> => ({ ...times, attributes: { ...labels }, value }))
  switch (String(type)) {
    case 'counter':
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: points() }
    case 'gauge':
      return { ...common, dataPointType: DataPointType.GAUGE, dataPoints: points() }
    case 'histogram':
      return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: histograms(name, values, times) }
    default:
      return null
  }
}

function histograms(name: string, values: Found['values'], times: Times): DataPoint<Histogram>[] {
  const groups = new Map<string, { labels: Labels; upTo: [le: number, count: number][]; sum: number; count: number }>()
  for (const { labels, value, metricName } of values) {
    const { le, ...own }: Labels = { ...labels }
    const key = JSON.stringify(own)
    const group = groups.get(key) ?? { labels: own, upTo: [], sum: 0, count: 0 }
    groups.set(key, group)
    if (metricName === `${name}_sum`) group.sum = value
    else if (metricName === `${name}_count`) group.count = value
    else if (le !== undefined && le !== '+Inf') group.upTo.push([Number(le), value])
  }
  return [...groups.values()].map(({ labels, upTo, sum, count }) => {
    const sorted = upTo.sort(([one], [other]) => one - other)
    const ends = [...sorted.map(([, total]) => total), count]
    const counts = ends.map((total, index) => total - (ends[index - 1] ?? 0))
    const value = { buckets: { boundaries: sorted.map(([le]) => le), counts }, sum, count }
    return { ...times, attributes: labels, value }
  })
}

const now = (): HrTime => [Math.floor(Date.now() / 1000), (Date.now() % 1000) * 1e6]
