/** What `/metrics` counts, and that the dashboard in ops/ asks for nothing else. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { parse } from 'yaml'
import { startServer } from '../../helpers/server.ts'
import { callHook, createCatch, createPull, until } from '../../helpers/workflows.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const server = await startServer()
after(() => server.close())

const scrape = async () => await (await fetch(`${server.url}/metrics`)).text()

test('runs are counted by workflow, and answers of hooks by status, refusals too', async () => {
  const good = await createCatch(server, { source: 'def workflow(r, s):\n    return None\n' })
  const bad = await createCatch(server, { source: 'def workflow(r, s):\n    raise ValueError("no")\n' })
  await callHook(good, {})
  await callHook(good, {})
  await callHook(bad, {})
  await fetch(`${server.url}/hooks/${'0'.repeat(40)}`, { method: 'POST' })
  const text = await until(async () => {
    const found = await scrape()
    const lines = [
      `workflows_workflow_runs_total{workflow="${good.id}",status="succeeded"} 2`,
      `workflows_workflow_runs_total{workflow="${bad.id}",status="failed"} 1`,
      `workflows_workflow_run_duration_seconds_count{workflow="${good.id}"} 2`,
      'workflows_hook_answers_total{status="200"} 2',
      'workflows_hook_answers_total{status="500"} 1',
      'workflows_hook_answers_total{status="404"} 1',
      'workflows_run_failures_total{code="exception"} 1',
    ]
    return lines.every((line) => found.includes(line)) && found
  })
  assert.doesNotMatch(text, /hooks\//)
})

test('every metric that the dashboard and the rules of alerts ask for is there', async () => {
  const { panels } = JSON.parse(readFileSync(join(ROOT, 'ops/grafana-dashboard.json'), 'utf8'))
  const { groups } = parse(readFileSync(join(ROOT, 'ops/prometheus-rules.yaml'), 'utf8'))
  const expressions: readonly string[] = [
    ...panels.flatMap(({ targets }: { targets: { expr: string }[] }) => targets.map(({ expr }) => expr)),
    ...groups.flatMap(({ rules }: { rules: { expr: string }[] }) => rules.map(({ expr }) => expr)),
  ]
  const asked = new Set(expressions.flatMap((expr) => expr.match(/\b(?:workflows|process|nodejs)_\w+/g) ?? []))
  assert.ok(asked.size > 25)
  const text = await scrape()
  const missing = [...asked].filter((name) => !text.includes(`# TYPE ${name.replace(/_(bucket|sum|count)$/, '')} `))
  // Only on PostgreSQL.
  assert.deepEqual(missing, ['workflows_database_connections'])
})

test('the delay of the event loop has the names of prom-client, each once', async () => {
  const text = await until(async () => {
    const found = await scrape()
    return !found.includes('nodejs_eventloop_lag_min_seconds 0\n') && found
  })
  const values = ['min', 'p50', 'p90', 'p99', 'max'].map((name) => {
    const found = [...text.matchAll(new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)$`, 'gm'))]
    assert.equal(found.length, 1, name)
    return Number(found[0]?.[1])
  })
  assert.deepEqual(
    values,
    values.toSorted((one, other) => one - other),
  )
  assert.match(text, /^nodejs_eventloop_lag_(mean|stddev)_seconds \d/m)
  assert.match(text, /^nodejs_eventloop_lag_seconds \d/m)
})

test('what the server does itself is counted: database, lease, ticks, queue, disk', async () => {
  await createPull(server, { source: 'def workflow(settings):\n    return None\n', schedule: { every_seconds: 1 } })
  const isPositive = (text: string, name: string) =>
    Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0) > 0
  const text = await until(async () => {
    const found = await scrape()
    return isPositive(found, 'workflows_ticks_total\\{outcome="ran"\\}') && found
  })
  for (const name of [
    'workflows_tick_late_seconds_count',
    'workflows_database_seconds_count\\{call="write"\\}',
    'workflows_database_seconds_count\\{call="read"\\}',
    'workflows_lease_age_seconds',
    'workflows_disk_free_bytes',
  ]) {
    assert.ok(isPositive(text, name), name)
  }
  assert.match(
    text,
    /^workflows_build_info\{version="[\d.]+",commit="[0-9a-f]{12}",database="sqlite",sandbox="bwrap"\} 1$/m,
  )
  for (const name of ['workflows_queue_runs', 'workflows_queue_oldest_seconds', 'workflows_sandbox_failures_total']) {
    assert.match(text, new RegExp(`^${name} [\\d.]+$`, 'm'))
  }
})
