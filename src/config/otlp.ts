/** OpenTelemetry's SDK reads other standard variables itself. */

import type { Environment } from './sources.ts'

export type OtlpConfig = {
  readonly traces: boolean
  readonly metrics: boolean
  readonly traceDelayMs: number
  readonly metricIntervalMs: number
}

/** Null: no collector, or the SDK is disabled. */
export function readOtlp(environment: Environment): OtlpConfig | null {
  const isSet = (name: string) => (environment[name] ?? '') !== ''
  if (environment.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return null
  const sends = (signal: 'TRACES' | 'METRICS') =>
    (isSet('OTEL_EXPORTER_OTLP_ENDPOINT') || isSet(`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`)) &&
    environment[`OTEL_${signal}_EXPORTER`]?.toLowerCase() !== 'none'
  const [traces, metrics] = [sends('TRACES'), sends('METRICS')]
  if (!traces && !metrics) return null
  return {
    traces,
    metrics,
    traceDelayMs: milliseconds(environment.OTEL_BSP_SCHEDULE_DELAY, 5000),
    metricIntervalMs: milliseconds(environment.OTEL_METRIC_EXPORT_INTERVAL, 60_000),
  }
}

/** The specification treats an invalid number as unset. */
function milliseconds(text: string | undefined, usual: number): number {
  const value = /^\d{1,8}$/.test(text ?? '') ? Number(text) : 0
  return value > 0 ? value : usual
}
