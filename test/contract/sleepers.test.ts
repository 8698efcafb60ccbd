/**
 * `SLEEPERS=5000 npm test -- test/contract/sleepers.test.ts` plays 5,000 runs of each language. PostgreSQL is not played,
 * because its own clock decides there. `npm run bench -- asleep` measures the times.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { together } from '../../bench/figures.ts'
import { measure } from '../../chaos/soak/measure.ts'
import { bodyOf, ended, runIdOf, waiting } from '../helpers/durable.ts'
import { openLedger } from '../helpers/durable-model/ledger.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, type WorkflowBody } from '../helpers/workflows.ts'

const SLEEPERS = Number(process.env.SLEEPERS ?? 40)
const CALLERS = 8
const WEEK_MS = 7 * 86_400_000
const HOUR_MS = 3_600_000
const KEY = 'wf_test_0123456789abcdef0123456789abcdef'

const python = (port: number) => `import json, socket
from workflows import sleep, step

def workflow(_request, settings):
    def tell(name):
        with socket.create_connection(("127.0.0.1", ${port}), timeout=60) as ledger:
            ledger.sendall(f"{_request['id']} {name}\\n".encode())
            ledger.recv(1)
        return 1

    before = step("before", tell, "before")
    sleep("week", days=7)
    return {"status_code": 200, "body": json.dumps(before + step("after", tell, "after"))}
`

const script = (port: number) => `import { connect } from 'node:net'
import { once } from 'node:events'
import { sleep, step } from 'workflows'

export default async function workflow(request) {
  const tell = (name) => async () => {
    const ledger = connect(${port}, '127.0.0.1')
    ledger.end(request.id + ' ' + name + '\\n')
    await once(ledger.resume(), 'close')
    return 1
  }
  const before = await step('before', tell('before'))
  await sleep('week', { days: 7 })
  return { status_code: 200, body: JSON.stringify(before + await step('after', tell('after'))) }
}
`

test('ST99 runs that sleep for a week hold no process, and each continues once', async (t) => {
  const ledger = await openLedger()
  t.after(() => ledger.close())
  const env = { WORKFLOWS_API_KEY: KEY, WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${ledger.port}` }
  const first = await startServer({ env })
  let running = first
  t.after(async () => {
    await running.stop()
    await first.close()
  })
  const before = await measure(first)
  const functions = [{ source: python(ledger.port) }, { source: script(ledger.port), runtime: 'node24' }]
  const runs: string[] = []
  for (const fields of functions) runs.push(...(await putToSleep(first, await createCatch(first, fields))))
  await first.stop()

  running = await startServer({ dataDir: first.dataDir, env })
  const asleep = await measure(running)
  await running.stop()
  for (const name of ['processes', 'descriptors'] as const)
    assert.ok(asleep[name] < before[name] + SLEEPERS, `${name}: ${before[name]} before, ${asleep[name]} with sleepers`)
  assert.equal(ledger.lines.size, runs.length, 'no run continued before its time')

  const later = { ...env, NODE_OPTIONS: clockAhead(WEEK_MS + HOUR_MS) }
  running = await startServer({ dataDir: first.dataDir, env: later })
  for (const id of runs) {
    const run = await ended(running, id)
    assert.equal(run.status, 'succeeded', `${run.code} ${run.message}`)
    assert.equal(bodyOf(run), 2)
  }
  assert.equal(ledger.lines.size, 2 * runs.length)
  for (const [line, times] of ledger.lines) assert.equal(times.length, 1, line)
})

/** Returns the ids of the runs. */
async function putToSleep(server: TestServer, workflow: WorkflowBody): Promise<readonly string[]> {
  const numbers = Array.from({ length: SLEEPERS }, (_, index) => index)
  const runs: string[] = []
  await together(CALLERS, numbers, async (n) => {
    const headers = { prefer: 'respond-async' }
    runs.push(runIdOf(await callHook(workflow, { id: `${workflow.id}-${n}` }, { headers })))
  })
  for (const id of runs) await waiting(server, id)
  return runs
}

/** Code that Node runs before the program. */
function clockAhead(ms: number): string {
  const code = `const now = Date.now; Date.now = () => now() + ${ms}`
  return `--import=data:text/javascript,${encodeURIComponent(code)}`
}
