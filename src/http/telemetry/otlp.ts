/** OpenTelemetry's SDK reads its standard variables itself. */

import {
  type Attributes,
  DiagLogLevel,
  diag,
  type HrTime,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import {
  defaultResource,
  detectResources,
  type Resource,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace'
import type { Registry } from 'prom-client'
import type { OtlpConfig } from '../../config.ts'
import type { Span } from '../../domain/runs/trace.ts'
import { createProducer } from './prometheus-metrics.ts'
import type { RunSpans } from './run-spans.ts'

export type Sender = {
  send(run: RunSpans): void
  close(): Promise<void>
}

const SCOPE = { name: 'workflows' }

export function createSender(config: OtlpConfig, registry: Registry, warn: (message: string) => void): Sender {
  const report = (message: string) => warn(message.slice(0, 500))
  const nothing = () => {}
  diag.setLogger(
    { error: report, warn: report, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'workflows' }))
    .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] }))
  const traces = config.traces
    ? new BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: config.traceDelayMs })
    : null
  const metrics = config.metrics ? startMetrics(config, registry, resource) : null
  return {
    send(run) {
      for (const span of run.spans) traces?.onEnd(readableSpan(run, span, resource))
    },
    async close() {
      await Promise.allSettled([traces?.shutdown(), metrics?.shutdown()])
    },
  }
}

function startMetrics({ metricIntervalMs }: OtlpConfig, registry: Registry, resource: Resource): MeterProvider {
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(),
    exportIntervalMillis: metricIntervalMs,
    exportTimeoutMillis: Math.min(metricIntervalMs, 30_000),
    metricProducers: [createProducer(registry, resource, SCOPE)],
  })
  return new MeterProvider({ resource, readers: [reader] })
}

function readableSpan({ traceId, runId, workflowId, isHook }: RunSpans, span: Span, resource: Resource): ReadableSpan {
  const context = (spanId: string) => ({ traceId, spanId, traceFlags: TraceFlags.SAMPLED })
  const isWhole = span.name === 'workflow'
  const own: Attributes = isWhole ? { 'workflow.id': workflowId, 'workflow.run.id': runId } : {}
  return {
    name: span.name,
    kind: span.kind === 'http' ? SpanKind.CLIENT : isWhole && isHook ? SpanKind.SERVER : SpanKind.INTERNAL,
    spanContext: () => context(span.id),
    ...(span.parentId === null ? {} : { parentSpanContext: context(span.parentId) }),
    startTime: hrTime(span.startedAt),
    endTime: hrTime(span.startedAt + span.durationMs),
    duration: hrTime(span.durationMs),
    status: span.error === null ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: span.error },
    attributes: { ...span.attributes, ...own },
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope: SCOPE,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}

function hrTime(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)]
}
