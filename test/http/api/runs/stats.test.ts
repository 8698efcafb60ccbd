/** The data of the app's first page, charts and calendars. */

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../../../helpers/server.ts'
import { callHook, createCatch, createPull, must, type WorkflowBody } from '../../../helpers/workflows.ts'

const DIVIDE = `
def workflow(_request, settings):
    print("dividing by", _request["n"])
    return {"status_code": 200, "body": str(1 / _request["n"])}
`
const IDLE = 'def workflow(settings):\n    pass\n'

let server: TestServer
let dividing: WorkflowBody
let daily: WorkflowBody

before(async () => {
  server = await startServer()
  dividing = await createCatch(server, { source: DIVIDE, name: 'dividing' })
  daily = await createPull(server, {
    source: IDLE,
    name: 'daily',
    schedule: { cron: '30 2 * * *', timezone: 'Europe/Paris' },
  })
  for (const n of [1, 0, 2]) await callHook(dividing, { n })
})
after(() => server?.close())

type Stats = { bucket_seconds: number; data: { starts_at: string; total: number; failed: number; p95_ms: number }[] }
type Page = { data: Record<string, unknown>[]; next_cursor: string | null; searched_back_to?: string }
const get = <T>(path: string, status = 200) => must(server.api<T>('GET', path), status)

test('runs over time come in equal parts up to now', async () => {
  const { bucket_seconds, data } = await get<Stats>(`/api/workflows/${dividing.id}/stats?buckets=24`)
  assert.deepEqual([bucket_seconds, data.length], [3600, 24])
  assert.deepEqual([data.at(-1)?.total, data.at(-1)?.failed, data[0]?.total], [3, 1, 0])
  assert.equal(typeof data.at(-1)?.p95_ms, 'number')
  const all = await get<Stats>('/api/stats?since=2026-01-01&until=2026-01-02&buckets=1')
  assert.deepEqual(
    all.data.map(({ starts_at, total }) => [starts_at, total]),
    [['2026-01-01T00:00:00.000Z', 0]],
  )
})

test('a window that is empty or longer than a year is refused', async () => {
  for (const query of ['since=2026-01-02&until=2026-01-01', 'since=2020-01-01&until=2026-01-01', 'buckets=0']) {
    await get(`/api/stats?${query}`, 400)
  }
})

test('the first page gets what fails, what runs now and what runs next', async () => {
  type Home = {
    runs: { total: number; failed: number; calls: number; failed_calls: number }
    failing: { workflow: { name: string }; failed: number; recovered: boolean; last: { code: string } }[]
    running: unknown[]
    next: { workflow: { name: string }; due_at: string }[]
  }
  const home = await get<Home>('/api/home')
  assert.deepEqual(home.runs, { total: 3, failed: 1, calls: 3, failed_calls: 1 })
  assert.deepEqual(
    home.failing.map((one) => [one.workflow.name, one.failed, one.recovered, one.last.code]),
    [['dividing', 1, true, 'exception']],
  )
  assert.deepEqual(
    home.next.map(({ workflow }) => workflow.name),
    ['daily'],
  )
  await callHook(dividing, { n: 0 })
  assert.equal((await get<Home>('/api/home')).failing[0]?.recovered, false)
})

test('runs are found by a text that they were sent or that they logged', async () => {
  const found = await get<Page>(`/api/workflows/${dividing.id}/runs?q=dividing%20by%202`)
  assert.equal(found.data.length, 1)
  assert.match(String(found.searched_back_to), /^\d{4}-/)
  assert.equal((await get<Page>('/api/runs?q=zerodivision&failing=true')).data.length, 2)
  assert.equal((await get<Page>('/api/runs?q=nowhere')).data.length, 0)
  assert.equal('searched_back_to' in (await get<Page>('/api/runs?failing=true')), false)
})

test('Q07 the next ticks say what summer time does to them', async () => {
  const armed = await get<Page>(`/api/workflows/${daily.id}/next-ticks?count=3`)
  assert.equal(armed.data.length, 3)
  const preview = await get<Page>('/api/next-ticks?cron=30%202%20*%20*%20*&timezone=Europe/Paris&count=100')
  assert.deepEqual(preview.data.slice(0, 3), armed.data)
  const hours = await get<Page>('/api/next-ticks?every_seconds=3600&count=2')
  const [first, second] = hours.data.map((tick) => Date.parse(String(tick.due_at)))
  assert.equal((second ?? 0) - (first ?? 0), 3_600_000)
  assert.deepEqual((await get<Page>(`/api/workflows/${dividing.id}/next-ticks`)).data, [])
  for (const query of ['cron=99%20*%20*%20*%20*', 'every_seconds=60&cron=*', 'cron=*%20*%20*%20*%20*&timezone=Mars']) {
    await get(`/api/next-ticks?${query}`, 400)
  }
})

test('the days of a schedule are those of its zone', async () => {
  const { timezone, data } = await get<Page & { timezone: string }>(`/api/workflows/${daily.id}/tick-days?days=7`)
  assert.deepEqual([timezone, data.length], ['Europe/Paris', 7])
  assert.match(String(data[0]?.starts_at), /T2[23]:00:00/)
  await get(`/api/workflows/${daily.id}/tick-days?timezone=Mars/Olympus`, 400)
})
