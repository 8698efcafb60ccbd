/** Settings that can't be read are never taken for empty ones: the function does not run at all. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from '../../src/store/database/engines/open.ts'
import { startServer } from '../helpers/server.ts'
import { callHook, createCatch, createPull, logsOf, must, type RunBody, until } from '../helpers/workflows.ts'

const SOURCE = 'def workflow(*given):\n    print("it ran")\n    given[-1]["seen"] = True\n'

test('S18 a call whose settings do not decrypt is answered 503, its run is lost and the log says why', async () => {
  const first = await startServer()
  const hooked = await createCatch(first, { source: SOURCE, settings: { token: 'x' }, max_concurrency: 1 })
  const schedule = { every_seconds: 3600 }
  const pulled = await createPull(first, { source: SOURCE, settings: { token: 'x' }, schedule })
  await must(first.api('PATCH', `/api/workflows/${pulled.id}`, { enabled: false }), 200)
  await first.stop()
  const database = await openDatabase({ databaseUrl: null, dataDir: first.dataDir })
  await database.write((db) =>
    db
      .updateTable('settings')
      .set({ value: Buffer.alloc(60, 7) })
      .execute(),
  )
  await database.close()
  const server = await startServer({ dataDir: first.dataDir })
  try {
    const { hook_url } = await must(server.api<{ hook_url: string }>('GET', `/api/workflows/${hooked.id}`), 200)
    // Twice: the first one's only slot must be free again.
    for (let call = 0; call < 2; call += 1) {
      const answer = await callHook({ ...hooked, hook_url }, {})
      assert.deepEqual([answer.status, answer.body.code], [503, 'unavailable'], answer.text)
    }
    await must(server.api('PATCH', `/api/workflows/${pulled.id}`, { enabled: true }), 200)
    for (const { id } of [hooked, pulled]) {
      const ended = await until(async () => {
        const { data } = await must(
          server.api<{ data: RunBody[] }>('GET', `/api/workflows/${id}/runs?status=lost`),
          200,
        )
        return data.length >= 2 ? data : null
      })
      for (const run of ended) assert.deepEqual(await logsOf(server, run.id), [])
    }
    // A lost run of a schedule is started again, up to three times.
    await until(async () => {
      const { data } = await must(server.api<{ data: RunBody[] }>('GET', '/api/runs?status=running'), 200)
      return data.length === 0
    })
    assert.equal((await server.api('GET', `/api/workflows/${hooked.id}/settings`)).status, 503)
    assert.match(server.output(), /a run could not start, because its settings or its code could not be read/)
  } finally {
    await server.close()
  }
})
