/**
 * A server that is killed while many runs change the same settings loses nothing of an answered call. `KEPT_KEYS` is the
 * number of calls, 120 by default.
 */

import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { LONG_LEASE, startCluster } from '../helpers/cluster.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, type WorkflowBody } from '../helpers/workflows.ts'

const CALLS = Number(process.env.KEPT_KEYS ?? 120)
const CALLERS = 32
const KILLED_AT = Math.floor(CALLS * 0.4)

const SOURCES = {
  python3: `def workflow(_request, settings):
    key = str(_request["key"])
    seen = settings.setdefault("SEEN", {})
    seen[key] = True
    settings.increment("N")
    settings.add("KEYS", key)
    settings.put_in("MAP", key, True)
    return {"status_code": 200, "body": key}
`,
  node24: `export default async function workflow(request, settings) {
  const key = String(request.key)
  settings.SEEN ??= {}
  settings.SEEN[key] = true
  settings.increment('N')
  settings.add('KEYS', key)
  settings.putIn('MAP', key, true)
  return { status_code: 200, body: key }
}`,
} as const

/** `again` starts another server on the same data. */
type Started = { readonly server: TestServer; again(): Promise<TestServer> }

const ENGINES: Readonly<Record<string, (t: TestContext) => Promise<Started>>> = {
  SQLite: async (t) => {
    const server = await startServer({ env: LONG_LEASE })
    t.after(() => server.close())
    const again = async () => {
      const env = { ...LONG_LEASE, WORKFLOWS_API_KEY: server.apiKey }
      const next = await startServer({ env, dataDir: server.dataDir })
      t.after(() => next.stop())
      return next
    }
    return { server, again }
  },
  PostgreSQL: async (t) => {
    const cluster = await startCluster(1, LONG_LEASE)
    t.after(() => cluster.close())
    const [server] = cluster.servers
    assert.ok(server)
    return { server, again: () => cluster.start() }
  },
}

describe('on both engines', { concurrency: true }, () => {
  for (const [engine, start] of Object.entries(ENGINES))
    for (const [runtime, source] of Object.entries(SOURCES))
      test(`a server that is killed keeps what answered calls changed (${engine}, ${runtime})`, async (t) => {
        const { server, again } = await start(t)
        const workflow = await createCatch(server, { source, runtime, max_concurrency: CALLERS })
        const { answered, next } = await callAll(server, again, workflow)
        const kept = await valuesOf(next, workflow)
        const missing = answered.filter((key) => !kept.KEYS.includes(key))
        assert.deepEqual(missing, [])
        const keys = kept.KEYS.toSorted()
        assert.deepEqual(Object.keys(kept.SEEN).toSorted(), keys)
        assert.deepEqual(Object.keys(kept.MAP).toSorted(), keys)
        assert.equal(kept.N, keys.length)
        t.diagnostic(`${CALLS} calls, ${answered.length} answered, ${keys.length} keys`)
      })
})

type Calls = { readonly answered: readonly string[]; readonly next: TestServer }

/** A caller whose call failed does not repeat it, and goes on with the next server. */
async function callAll(server: TestServer, again: Started['again'], workflow: WorkflowBody): Promise<Calls> {
  const answered: string[] = []
  let next: Promise<TestServer> | null = null
  let called = 0
  const caller = async () => {
    while (called < CALLS) {
      const key = String(called)
      called += 1
      if (called === KILLED_AT) next = server.stop('SIGKILL').then(again)
      const { url } = next === null ? server : await next
      const to = { ...workflow, hook_url: workflow.hook_url.replace(server.url, url) }
      const status = await callHook(to, { key }).then(
        (answer) => answer.status,
        () => null,
      )
      if (status === 200) answered.push(key)
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  assert.ok(next !== null)
  return { answered, next: await next }
}

type Values = {
  readonly N: number
  readonly KEYS: readonly string[]
  readonly SEEN: Readonly<Record<string, true>>
  readonly MAP: Readonly<Record<string, true>>
}

async function valuesOf(server: TestServer, { id }: WorkflowBody): Promise<Values> {
  const path = `/api/workflows/${id}/settings`
  const { data } = await must(server.api<{ data: { key: keyof Values; value: unknown }[] }>('GET', path), 200)
  return Object.fromEntries(data.map(({ key, value }) => [key, value])) as Values
}
