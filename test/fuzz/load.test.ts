/**
 * Many hooks from 64 callers, one connection in a hundred killed on the way. 5,000 here;
 * `HOOKS=100000 npm test -- test/fuzz/load.test.ts` for the whole of it.
 */

import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import { createRandom } from '../../chaos/random.ts'
import { heldBy, withHeld } from '../helpers/memory.ts'
import { SEED } from '../helpers/seed.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { createCatch, must, until } from '../helpers/workflows.ts'

const HOOKS = Number(process.env.HOOKS ?? 5000)
const CALLERS = 64
const KILLED = 0.01
const FLAT_MIB = 64

type Run = { id: string; status: string }
type Page = { data: Run[]; next_cursor: string | null }
type Tally = { readonly acknowledged: string[]; killed: number; refused: number }

test(`of ${HOOKS} hooks from ${CALLERS} callers every 2xx has its run, every run its state, and memory stays flat`, {
  timeout: 1_800_000,
}, async (t) => {
  const server = await startServer({ through: withHeld })
  t.after(() => server.close())
  const source = 'def workflow(_request, settings):\n    return {"status_code": 201, "body": str(_request["n"])}\n'
  const { id, hook_url } = await createCatch(server, { source, isolation: 'reuse' })
  // The heap and the database's caches fill before they stay as they are.
  await callMany(hook_url, HOOKS / 5)
  const before = await heldBy(server)
  const tally = await callMany(hook_url, HOOKS)
  const grown = (await heldBy(server)) - before

  const states = await until(async () => {
    const found = await readStates(server, id)
    return [...found.values()].some((status) => status === 'running' || status === 'queued') ? null : found
  })
  const { acknowledged, killed, refused } = tally
  t.diagnostic(
    `${acknowledged.length} answered, ${killed} killed, ${refused} refused, ${states.size} runs, ${grown} MiB`,
  )
  assert.equal(acknowledged.length + killed + refused, HOOKS)
  assert.equal(new Set(acknowledged).size, acknowledged.length)
  assert.ok(killed > 0 && acknowledged.length > HOOKS * 0.9)
  for (const run of acknowledged) assert.equal(states.get(run), 'succeeded', run)
  assert.ok([...states.values()].every((status) => status === 'succeeded'))
  assert.ok(grown < FLAT_MIB, `${grown} MiB more after ${HOOKS} hooks`)
})

async function callMany(url: string, count: number): Promise<Tally> {
  const tally: Tally = { acknowledged: [], killed: 0, refused: 0 }
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS })
  const random = createRandom(SEED)
  let next = 0
  const caller = async () => {
    for (let n = next++; n < count; n = next++) {
      const answer = await call(url, agent, n, random.next() < KILLED ? random.next() * 5 : null)
      if (answer === 'killed') tally.killed += 1
      else if (answer.status === 201) tally.acknowledged.push(answer.run)
      else {
        assert.equal(answer.status, 429)
        tally.refused += 1
      }
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  agent.destroy()
  return tally
}

/** `killAfter`: milliseconds until the connection is cut; an answer that came sooner counts as one. */
function call(
  url: string,
  agent: Agent,
  n: number,
  killAfter: number | null,
): Promise<'killed' | { status: number; run: string }> {
  return new Promise((done, fail) => {
    const body = JSON.stringify({ n })
    const headers = { 'content-type': 'application/json', 'content-length': body.length }
    const outgoing = request(url, { method: 'POST', agent, headers }, (incoming) => {
      let text = ''
      incoming.setEncoding('utf8').on('data', (chunk) => (text += chunk))
      incoming.on('error', () => done('killed'))
      incoming.on('end', () => {
        const status = incoming.statusCode ?? 0
        if (status === 201) assert.equal(text, String(n))
        done({ status, run: String(incoming.headers['workflow-run']) })
      })
    })
    outgoing.on('error', (error) => (killAfter === null ? fail(error) : done('killed')))
    outgoing.end(body)
    if (killAfter !== null) setTimeout(() => outgoing.destroy(), killAfter)
  })
}

async function readStates(server: TestServer, workflowId: string): Promise<ReadonlyMap<string, string>> {
  const states = new Map<string, string>()
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = `limit=200${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
    const page: Page = await must(server.api<Page>('GET', `/api/workflows/${workflowId}/runs?${query}`), 200)
    for (const run of page.data) states.set(run.id, run.status)
    cursor = page.next_cursor
  }
  return states
}
