/** The chart in ops/helm: its templates ask for values that there are, and set options that the server has. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { parse, parseAllDocuments } from 'yaml'
import { findCommand } from '../../scripts/set-up/system-packages.ts'
import { describeConfig } from '../../src/config.ts'
import { createDirectory, openStore, sharedPostgres } from '../helpers/databases.ts'
import { addRun, addWorkflow } from '../helpers/store-data.ts'

const CHART = resolve(import.meta.dirname, '../../ops/helm')
const names = readdirSync(join(CHART, 'templates'))
const templates = names.map((name) => readFileSync(join(CHART, 'templates', name), 'utf8')).join('\n')
const values: unknown = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8'))

const find = (path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (found, key) => (typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined),
      values,
    )

test('every value that a template asks for has a default', () => {
  const asked = new Set([...templates.matchAll(/\.Values\.([\w.]+)/g)].map((match) => match[1] ?? ''))
  assert.ok(asked.size > 20)
  assert.deepEqual(
    [...asked].filter((path) => find(path) === undefined),
    [],
  )
})

test('every variable that a template sets is an option of the server, and probes ask addresses that it has', () => {
  const options = new Set(describeConfig().options.map(({ variable }) => variable))
  const set = [...templates.matchAll(/name: ((?:WORKFLOWS|DATABASE)_\w+)/g)].map((match) => match[1] ?? '')
  assert.ok(set.length > 5)
  assert.deepEqual(
    set.filter((name) => !options.has(name.replace(/_FILE$/, ''))),
    [],
  )
  const probed = [...templates.matchAll(/httpGet: \{ path: (\S+),/g)].map((match) => match[1])
  assert.deepEqual(new Set(probed), new Set(['/healthz', '/readyz']))
})

test('the queries of the chart for KEDA count due runs and slots in use, with the rights that the guide grants', async (t) => {
  const postgres = sharedPostgres()
  t.after(() => postgres.stop())
  const databaseUrl = await postgres.createTables()
  const store = await openStore(t, { databaseUrl, dataDir: createDirectory(t) })
  const { id } = await addWorkflow(store)
  const queued = { createdAt: Date.now(), startedAt: null }
  for (const given of [queued, queued, { ...queued, createdAt: Date.now() + 3_600_000 }]) await addRun(store, id, given)
  for (const createdAt of [5, 6, 7]) await addRun(store, id, { createdAt })

  const guide = readFileSync(resolve(import.meta.dirname, '../../docs/operate/kubernetes.md'), 'utf8')
  const grants = /create role workflows_scaler[^`]*/.exec(guide)?.[0] ?? assert.fail('the guide has no grants')
  const queries = [...templates.matchAll(/ query: (select .*)/g)].map((match) => match[1] ?? '')
  assert.equal(queries.length, 2)
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    // A role belongs to all databases of the server, which tests share: the rollback removes it.
    await client.query(`begin; ${grants}; set local role workflows_scaler`)
    const counts = []
    for (const query of queries) counts.push((await client.query<{ count: string }>(query)).rows[0]?.count)
    assert.deepEqual(counts, ['2', '3'])
    await assert.rejects(client.query('select id from runs'), /permission denied/)
  } finally {
    await client.query('rollback')
    await client.end()
  }
})

const helm = findCommand('helm')
const NEEDS_HELM = { skip: helm === null ? 'helm is not on this machine' : false }
const render = (...set: string[]) => {
  const all = ['walls=bwrap', 'autoscaling.enabled=true', 'ingress.enabled=true', 'metrics.serviceMonitor.enabled=true']
  const args = ['template', 'w', CHART, '--set', [...all, ...set].join(',')]
  return execFileSync(helm ?? 'helm', args, { encoding: 'utf8', stdio: 'pipe' })
}
const kindsOf = (rendered: string) => parseAllDocuments(rendered).map((one) => one.get('kind'))
const ALWAYS = ['Deployment', 'Ingress', 'NetworkPolicy', 'PodDisruptionBudget', 'Service', 'ServiceMonitor']

test('helm renders it with either autoscaler, and refuses another', NEEDS_HELM, () => {
  assert.deepEqual(kindsOf(render()).sort(), [...ALWAYS, 'HorizontalPodAutoscaler'].sort())
  const byKeda = kindsOf(render('autoscaling.by=keda')).sort()
  assert.deepEqual(byKeda, [...ALWAYS, 'ScaledObject', 'TriggerAuthentication'].sort())
  assert.throws(() => render('autoscaling.by=other'), /autoscaling\.by: expected hpa or keda, found other/)
})
