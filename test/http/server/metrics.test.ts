/** What `/metrics` counts, and that the dashboard in ops/ asks for nothing else. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../../helpers/server.ts'
import { callHook, createCatch, until } from '../../helpers/workflows.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
let server: TestServer
before(async () => {
  server = await startServer()
})
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
    ]
    return lines.every((line) => found.includes(line)) && found
  }, 60_000)
  assert.doesNotMatch(text, /hooks\//)
})

test('every metric that the dashboard asks for is there', async () => {
  const dashboard = JSON.parse(readFileSync(join(ROOT, 'ops/grafana-dashboard.json'), 'utf8'))
  const expressions: readonly string[] = dashboard.panels.flatMap(({ targets }: { targets: { expr: string }[] }) =>
    targets.map(({ expr }) => expr),
  )
  const asked = new Set(expressions.flatMap((expr) => expr.match(/\b(?:workflows|process|nodejs)_\w+/g) ?? []))
  assert.ok(asked.size > 8)
  const text = await scrape()
  const missing = [...asked].filter((name) => !text.includes(`# TYPE ${name.replace(/_(bucket|sum|count)$/, '')} `))
  assert.deepEqual(missing, [])
})
