import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { collectDefaultMetrics, Histogram, type Registry } from 'prom-client'
import type { LoopWatch } from '../../runs/loop-watch.ts'
import { gauge } from './gauges.ts'

/** prom-client's monitor would wake an idle server 100 times a second. */
const NEVER_MS = 2 ** 31 - 1
const LONGEST_NS = 3_600_000_000_000

const LAG: Readonly<Record<string, (lag: RecordableHistogram) => number>> = {
  min: (lag) => lag.min,
  max: (lag) => lag.max,
  mean: (lag) => lag.mean,
  stddev: (lag) => lag.stddev,
  p50: (lag) => lag.percentile(50),
  p90: (lag) => lag.percentile(90),
  p99: (lag) => lag.percentile(99),
}

export function addNodeMetrics(loop: LoopWatch, registry: Registry): void {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS })
  addLag(loop, registry)
  addDelay(loop, registry)
}

/** prom-client's names. They cover the time since the last scrape. */
function addLag(loop: LoopWatch, registry: Registry): void {
  const lag = createHistogram({ highest: LONGEST_NS })
  let isRead = false
  loop.onDelay((lateMs) => {
    if (isRead) lag.reset()
    isRead = false
    lag.record(Math.max(1, Math.round(lateMs * 1e6)))
  })
  for (const [name, read] of Object.entries(LAG)) {
    const full = `nodejs_eventloop_lag_${name}_seconds`
    registry.removeSingleMetric(full)
    gauge(full, `Event loop delay since the last scrape: ${name}`, [registry], () => {
      isRead = true
      return lag.count === 0 ? 0 : read(lag) / 1e9
    })
  }
}

function addDelay(loop: LoopWatch, registry: Registry): void {
  const registers = [registry]
  const buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  const late = new Histogram({
    name: 'workflows_event_loop_delay_seconds',
    help: 'How late the event loop was, looked at every 20 ms',
    buckets,
    registers,
  })
  const busy = new Histogram({
    name: 'workflows_event_loop_busy_seconds',
    help: 'Processor time of the event loop between two looks at it',
    buckets,
    registers,
  })
  loop.onDelay((lateMs, busyMs) => {
    late.observe(lateMs / 1000)
    busy.observe(busyMs / 1000)
  })
}
