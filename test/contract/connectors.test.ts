/**
 * Programs of hrflow-connectors, as the package itself generates them: listed, deployed and run, from one environment that is built
 * once. `CONNECTORS=6` takes a smaller sample, `npm run bench -- connectors` all of them. Needs a package index and a Python 3.9 or 3.10, on which alone they are right.
 */

import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, createPull, must, type RunBody, runOf } from '../helpers/workflows.ts'

type Program = { id: string; connector: string; kind: 'catch' | 'pull'; incremental: boolean }
type Whole = Program & {
  source: string
  parameters: { key: string; type: string; required: boolean; choices: string[] }[]
}
type Connectors = { version: string; data: Program[] }
type Setting = { key: string; value: unknown }

const SAMPLE = Number(process.env.CONNECTORS ?? 20)
const AT_ONCE = 2

let server: TestServer
let connectors: Connectors | null = null
/** Why this machine cannot run connectors. */
let missing = ''

before(async () => {
  server = await startServer({ env: { WORKFLOWS_PYTHON_DOWNLOADS: 'on' } })
  const runtimes = await must(server.api<{ data: { name: string }[] }>('GET', '/api/runtimes'), 200)
  if (!runtimes.data.some(({ name }) => name === 'python3.9' || name === 'python3.10')) {
    const added = await server.api('POST', '/api/runtimes', { version: '3.10' })
    if (added.status > 201)
      missing = `there is no Python 3.9 or 3.10, and uv cannot install one: ${JSON.stringify(added.body)}`
  }
  if (missing !== '') return
  const answer = await server.api<Connectors>('GET', '/api/connectors')
  if (answer.status === 200) connectors = answer.body
  else missing = `the package index does not give hrflow-connectors: ${JSON.stringify(answer.body)}`
})
after(async () => await server?.close())

/** Skips with the reason on a machine without an index or a fitting Python. */
function needs(context: TestContext): Connectors {
  if (connectors === null) context.skip(missing)
  return connectors ?? { version: '', data: [] }
}

const read = (id: string, query = '') => must(server.api<Whole>('GET', `/api/connectors/${id}${query}`), 200)

test('K08 the package lists its programs with their parameters, in a sandbox', async (context) => {
  const { data, version } = needs(context)
  if (connectors === null) return
  assert.match(version, /^\d+\.\d+/)
  assert.ok(data.length >= 291, `${data.length} programs`)
  assert.equal(new Set(data.map(({ id }) => id)).size, data.length)
  assert.equal(data.filter(({ incremental }) => incremental).length >= 12, true)
  const program = await read('v2-bullhorn-create-jobs-in-hrflow-pull')
  const secret = program.parameters.find(({ key }) => key === 'connector_auth_client_secret')
  assert.deepEqual(secret, {
    ...{ key: 'connector_auth_client_secret', name: 'client_secret', place: 'Bullhorn', type: 'string', choices: [] },
    ...{ description: 'Client secret identifier for Bullhorn', required: true, secret: true, default: null },
  })
  const { status } = await server.api('GET', '/api/connectors/v2-none')
  assert.equal(status, 404)
})

/** One for each connector, catch and pull in turns. */
function sample(programs: readonly Program[]): readonly Program[] {
  const names = [...new Set(programs.map(({ connector, id }) => `${id.slice(0, 2)} ${connector}`))]
  const step = names.length / SAMPLE
  return Array.from({ length: SAMPLE }, (_, index) => {
    const name = names[Math.floor(index * step)]
    const own = programs.filter(({ connector, id }) => `${id.slice(0, 2)} ${connector}` === name)
    const kind = index % 2 === 0 ? 'pull' : 'catch'
    return own.find((program) => program.kind === kind) ?? own[0]
  }).filter((program) => program !== undefined)
}

test(`K09 ${SAMPLE} programs of different connectors deploy as they are, and each ends with the connector's own result`, async (context) => {
  const chosen = [...sample(needs(context).data)]
  if (connectors === null) return
  assert.equal(chosen.length, SAMPLE)
  assert.deepEqual([...new Set(chosen.map(({ kind }) => kind))].sort(), ['catch', 'pull'])
  const results: string[] = []
  const take = async () => {
    for (let program = chosen.pop(); program !== undefined; program = chosen.pop()) {
      const { source, id, kind } = await read(program.id)
      const workflow = await (kind === 'catch' ? createCatch : createPull)(server, {
        source,
        timeout_seconds: 60,
      })
      const run =
        kind === 'catch'
          ? await runOf(server, await callHook(workflow, {}))
          : await must(server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, {}), 200)
      assert.equal(run.status, 'succeeded', `${id}: ${run.code} ${run.message}`)
      assert.match(String(run.result), /RunResult|status/, id)
      results.push(id)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, take))
  assert.equal(results.length, SAMPLE)
})

/** Takes the place of Bullhorn and HrFlow: one item a read, later by a day each time. */
const FAKES = `
from hrflow_connectors.v2.core.common import Entity
from hrflow_connectors.v2.core.hrflow import HrFlowWarehouse

def read_fake(incremental_token, **facts):
    print("token", incremental_token)
    yield {"id": 7, "dateAdded": 1700000000000}

def format(item):
    return item

Bullhorn.warehouse.get_aisle(Entity.job).read.function = read_fake
HrFlowWarehouse.get_aisle(Entity.job).write.function = lambda **facts: []
`

test('K10 incremental reading goes on where the last run ended: its state is a setting that the run writes', async (context) => {
  needs(context)
  if (connectors === null) return
  const { source, parameters } = await read('v2-bullhorn-create-jobs-in-hrflow-pull', '?incremental=true')
  const needed = parameters.filter(({ required }) => required).map(({ key }) => [key, 'x'])
  const settings = {
    ...Object.fromEntries(needed),
    pull_parameters_created_date: '2024-01-01T00:00:00Z',
    __incremental: 'enable',
  }
  const workflow = await createPull(server, { source: `${source}${FAKES}`, settings, timeout_seconds: 60 })
  const path = `/api/workflows/${workflow.id}`
  const runOnce = () => must(server.api<RunBody>('POST', `${path}/runs`, {}), 200)
  const first = await runOnce()
  assert.equal(first.status, 'succeeded', `${first.message} ${first.traceback}`)
  const printed = async ({ id }: RunBody) => {
    const lines = await must(server.api<{ data: { text: string }[] }>('GET', `/api/runs/${id}/logs`), 200)
    return lines.data.map(({ text }) => text)
  }
  assert.match(String(first.result), /Status\.success|status='success'|'success'/, (await printed(first)).join('\n'))
  assert.deepEqual(
    first.settings_changes.map(({ key }) => key),
    ['connector_state'],
  )
  const stored = await must(server.api<{ data: Setting[] }>('GET', `${path}/settings`), 200)
  const state = stored.data.find(({ key }) => key === 'connector_state')
  assert.match(JSON.stringify(state), /created_date/)
  const second = await runOnce()
  const lines = await printed(second)
  assert.ok(
    lines.some((text) => text.startsWith('token {') && text.includes('"last_id": 7')),
    lines.join('\n'),
  )
})
