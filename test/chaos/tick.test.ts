/** A server that dies in the middle of a tick's transaction, at each of its steps. */

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createApi, send } from '../../chaos/client.ts'
import type { FailPoint } from '../../chaos/fail-points.ts'
import { PULL } from '../../chaos/functions.ts'
import { openServers, type Server, type Servers } from '../../chaos/servers.ts'
import { until } from '../helpers/workflows.ts'

type Tick = { readonly due_at: string; readonly outcome: string; readonly run_id: string | null }
type Run = { readonly id: string; readonly status: string }

describe('a server dies between the steps of a tick', { concurrency: true }, () => {
  for (const engine of ['sqlite', 'postgres'] as const) {
    test(`Q03 the tick has one record and one run all the same, on ${engine}`, async () => {
      const servers = await openServers(engine, {})
      try {
        let server = await servers.start()
        for (const point of ['moved', 'inserted'] as const) {
          const workflow = await tickAndDie(servers, server, point)
          server = await servers.start()
          await holdsOnce(servers, server, workflow, point)
        }
      } finally {
        await servers.close()
      }
    })
  }
})

/** Its schedule's only tick for a day is due once the code is deployed. Returns its id after the server has died. */
async function tickAndDie({ apiKey }: Servers, server: Server, point: FailPoint): Promise<string> {
  const api = createApi(server.url, apiKey)
  const schedule = { every_seconds: 86_400 }
  const { id } = await api.make<{ id: string }>('POST', '/api/workflows', { name: point, kind: 'pull', schedule })
  server.arm({ point, count: 1, delayMs: 0 })
  // The answer may not come any more.
  await send('POST', `${server.url}/api/workflows/${id}/versions`, apiKey, { source: PULL })
  await until(async () => !server.isAlive())
  return id
}

async function holdsOnce({ apiKey }: Servers, server: Server, id: string, point: FailPoint): Promise<void> {
  const api = createApi(server.url, apiKey)
  const runsOf = () => api.list<Run>(`/api/workflows/${id}/runs`)
  await until(async () => (await runsOf()).some(({ status }) => status === 'succeeded'))
  const runs = await runsOf()
  assert.equal(runs.length, 1, `died when ${point}`)
  const ticks = await api.list<Tick>(`/api/workflows/${id}/ticks`)
  assert.deepEqual(
    ticks.map(({ outcome, run_id }) => [outcome, run_id]),
    [['ran', runs[0]?.id]],
    `died when ${point}`,
  )
  const settings = await api.list<{ value: unknown }>(`/api/workflows/${id}/settings`)
  assert.deepEqual(settings[0]?.value, 1)
}
