/** Continuous schedules through the API. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { shareServer } from '../../../helpers/shared-servers.ts'
import { createPull, must, until, type WorkflowBody } from '../../../helpers/workflows.ts'

const server = await shareServer()
after(() => server.close())

type Run = { id: string; status: string; started_at: string; finished_at: string }
type Tick = { outcome: string; run_id: string | null }

const SOURCE = 'def workflow(settings):\n    settings["N"] = settings.get("N", 0) + 1\n'

test('a continuous schedule runs again and again, one run at a time, and each run is a tick', async () => {
  const schedule = { continuous: true, pause_seconds: 0 }
  const { id } = await createPull(server, { source: SOURCE, schedule })
  const path = `/api/workflows/${id}`
  const shown = await must(server.api<WorkflowBody & { schedule: unknown }>('GET', path), 200)
  assert.deepEqual(shown.schedule, schedule)
  await until(async () => {
    const { data } = await must(server.api<{ data: Tick[] }>('GET', `${path}/ticks?limit=200`), 200)
    return data.length >= 4
  })
  await must(server.api('PATCH', path, { enabled: false }), 200)
  const runs = await until(async () => {
    const { data } = await must(server.api<{ data: Run[] }>('GET', `${path}/runs?limit=200`), 200)
    return data.every(({ status }) => status === 'succeeded') ? data.reverse() : null
  })
  for (const [index, run] of runs.entries())
    assert.ok(index === 0 || run.started_at >= (runs[index - 1]?.finished_at ?? ''), JSON.stringify(runs))
  const ticks = await must(server.api<{ data: Tick[] }>('GET', `${path}/ticks?limit=200`), 200)
  assert.deepEqual(
    ticks.data.map(({ run_id }) => run_id).reverse(),
    runs.map((run) => run.id),
  )
  assert.ok(ticks.data.every(({ outcome }) => outcome === 'ran'))
})

test('the pause is a second unless it is given, and other fields of schedules are refused', async () => {
  const create = (schedule: object) =>
    server.api<{ detail: string; schedule: unknown }>('POST', '/api/workflows', { name: 'C', kind: 'pull', schedule })
  assert.deepEqual((await must(create({ continuous: true }), 201)).schedule, { continuous: true, pause_seconds: 1 })
  for (const wrong of [
    { continuous: true, overlap: 'skip' },
    { continuous: true, missed: 'none' },
    { continuous: true, every_seconds: 5 },
    { continuous: true, cron: '* * * * *' },
    { continuous: true, pause_seconds: -1 },
    { continuous: true, pause_seconds: 86_401 },
    { continuous: false },
    { every_seconds: 5, pause_seconds: 1 },
    { pause_seconds: 1 },
    {},
  ])
    assert.equal((await create(wrong)).status, 400, JSON.stringify(wrong))
  const preview = await must(
    server.api<{ data: unknown[] }>('GET', '/api/next-ticks?continuous=true&pause_seconds=5'),
    200,
  )
  assert.equal(preview.data.length, 1)
})
