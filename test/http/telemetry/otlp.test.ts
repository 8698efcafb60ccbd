/** Contract, section 12: traces and metrics are sent to the collector that OpenTelemetry's standard variables name. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { readOtlp } from '../../../src/config/otlp.ts'
import { startServer } from '../../helpers/server.ts'
import { callHook, createCatch, runOf, until } from '../../helpers/workflows.ts'

const SRC = resolve(import.meta.dirname, '../../../src')
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const CALLER = '00f067aa0ba902b7'

type Received = { readonly path: string; readonly type: string; readonly token: string; readonly body: Buffer }
const received: Received[] = []
const collector = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const { url: path = '', headers } = request
    const token = String(headers['x-token'] ?? '')
    received.push({ path, type: headers['content-type'] ?? '', token, body: Buffer.concat(chunks) })
    response.setHeader('Content-Type', 'application/x-protobuf').end()
  })
})
before(async () => {
  collector.listen(0, '127.0.0.1')
  await once(collector, 'listening')
})
after(() => collector.close())

const find = (path: string, ...parts: readonly (string | Buffer)[]) =>
  received.find((one) => one.path === path && parts.every((part) => one.body.includes(part)))

test('the spans of a run continue the trace of its caller, and the metrics follow', async () => {
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
  const server = await startServer({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-token=abc',
      OTEL_SERVICE_NAME: 'hr-workflows',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_METRIC_EXPORT_INTERVAL: '200',
    },
  })
  try {
    const workflow = await createCatch(server, { source: 'def workflow(r, s):\n    raise ValueError("no")\n' })
    const traceparent = `00-${TRACE}-${CALLER}-01`
    const run = await runOf(server, await callHook(workflow, {}, { headers: { traceparent } }))
    const ids = [Buffer.from(TRACE, 'hex'), Buffer.from(CALLER, 'hex')]
    const names = ['workflow.run.status', run.id, workflow.id, 'hr-workflows', 'exception']
    const traces = await until(async () => find('/v1/traces', ...ids, ...names))
    assert.deepEqual([traces.type, traces.token], ['application/x-protobuf', 'abc'])
    await until(async () => find('/v1/metrics', 'workflows_runs_total', 'workflows_run_duration_seconds'))
  } finally {
    await server.close()
  }
})

test('a collector that cannot be reached changes nothing for callers', async () => {
  const server = await startServer({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_BSP_SCHEDULE_DELAY: '50' },
  })
  try {
    const workflow = await createCatch(server, { source: 'def workflow(r, s):\n    return None\n' })
    assert.equal((await callHook(workflow, {})).status, 200)
    assert.equal((await callHook(workflow, {})).status, 200)
  } finally {
    await server.close()
  }
})

test('without a collector, or with the SDK switched off, there is nothing to send', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }
  assert.equal(readOtlp({}), null)
  assert.equal(readOtlp({ ...endpoint, OTEL_SDK_DISABLED: 'true' }), null)
  assert.equal(readOtlp({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' })?.traces, false)
  assert.deepEqual(readOtlp({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c', OTEL_BSP_SCHEDULE_DELAY: 'x' }), {
    traces: false,
    metrics: true,
    traceDelayMs: 5000,
    metricIntervalMs: 60_000,
  })
})

test('the SDK is imported by two files, which are only loaded where something is sent', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const textOf = (file: string) => readFileSync(join(SRC, file), 'utf8')
  const users = files.filter((file) => /from '@opentelemetry\//.test(textOf(file)))
  assert.deepEqual(users.sort(), ['http/telemetry/otlp.ts', 'http/telemetry/prometheus-metrics.ts'])
  const importers = files.filter((file) => /from '[^']*\/otlp\.ts'/.test(textOf(file)) && file.startsWith('http/'))
  assert.deepEqual(importers, [])
})
