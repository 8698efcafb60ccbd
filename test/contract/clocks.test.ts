/** Real servers with wrong clocks, as an operator would find them. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { startCluster } from '../helpers/cluster.ts'
import { begin, ended, OK, waiting } from '../helpers/durable.ts'
import { startHttpTarget } from '../helpers/http-target.ts'
import { spawnServer, startServer } from '../helpers/server.ts'
import { callHook, createCatch, createPull, must, until } from '../helpers/workflows.ts'

const MONTH_MS = 31 * 86_400_000

/** Code that Node runs before the program: the clock is so far ahead, at once or from SIGUSR2 to the next. */
const clockOf = (isAhead: boolean, byMs = MONTH_MS) =>
  `--import=data:text/javascript,${encodeURIComponent(
    `const now = Date.now; let ahead = ${isAhead}; process.on('SIGUSR2', () => { ahead = !ahead }); Date.now = () => now() + (ahead ? ${byMs} : 0)`,
  )}`

test('ST71 a server whose clock is a month ahead does not start, and one whose clock is set so takes in no runs, fires no ticks, wakes no runs and deletes nothing', async (t) => {
  const target = await startHttpTarget()
  t.after(() => target.close())
  const env = { WORKFLOWS_LEASE_SECONDS: '6', WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` }
  const cluster = await startCluster(1, env)
  try {
    const [right] = cluster.servers
    assert.ok(right)
    const source = `import urllib.request
def workflow(_request, settings):
    if _request["held"]:
        urllib.request.urlopen("http://127.0.0.1:${target.port}/held").read()
`
    const workflow = await createCatch(right, { source, timeout_seconds: 600 })
    const early = await callHook(workflow, { held: false })
    assert.equal(early.status, 200)
    const schedule = { every_seconds: 1, overlap: 'allow', missed: 'last' }
    const pull = await createPull(right, { source: 'def workflow(settings):\n    return None\n', schedule })

    const wrong = await cluster.start({ NODE_OPTIONS: clockOf(false) })
    const { DATABASE_URL, WORKFLOWS_SECRET_KEY } = cluster.shared
    const refused = spawnServer({
      NODE_OPTIONS: clockOf(true),
      DATABASE_URL,
      WORKFLOWS_SECRET_KEY,
      WORKFLOWS_PORT: '0',
      WORKFLOWS_DATA_DIR: wrong.dataDir,
      WORKFLOWS_SANDBOX: 'bwrap',
    })
    let printed = ''
    for (const stream of [refused.stdout, refused.stderr]) stream?.on('data', (chunk) => (printed += chunk))
    const [code] = await once(refused, 'close')
    assert.equal(code, 1, printed)
    assert.match(printed, /The clock of this server is 31 days ahead of the database's/)

    const sleeper = await begin(wrong, `sleep("week", days=7)\nx = 1\n${OK}`)
    await waiting(wrong, sleeper.id)
    const hook = { ...workflow, hook_url: wrong.url + new URL(workflow.hook_url).pathname }
    const underWay = callHook(hook, { held: true })
    await until(async () => target.asked.length > 0)
    wrong.process.kill('SIGUSR2')
    const ready = await until(async () => {
      const answer = await wrong.api<{ detail: string }>('GET', '/readyz')
      return answer.status === 503 && answer
    })
    assert.match(ready.body.detail, /31 days ahead of the database's/)
    const answer = await callHook(hook, { held: false })
    assert.deepEqual([answer.status, answer.body.code, answer.headers.get('retry-after')], [503, 'unavailable', '5'])
    const later = await callHook(hook, { held: false }, { headers: { prefer: 'respond-async' } })
    assert.equal(later.status, 503)
    target.release()
    assert.equal((await underWay).status, 200, 'a run under way goes on')
    // The server with the right clock fires the ticks, and none is further away than its interval.
    type Ticks = { readonly data: readonly { readonly outcome: string; readonly due_at: string }[] }
    const ticksOf = async () => (await must(right.api<Ticks>('GET', `/api/workflows/${pull.id}/ticks`), 200)).data
    const before = (await ticksOf())[0]?.due_at ?? ''
    const ticks = await until(async () => {
      const found = await ticksOf()
      return (found[0]?.due_at ?? '') > before && found
    })
    assert.ok(Date.parse(ticks[0]?.due_at ?? '') < Date.now() + 60_000)
    const id = early.headers.get('workflow-run')
    assert.equal((await right.api('GET', `/api/runs/${id}`)).status, 200, 'nothing was deleted')

    wrong.process.kill('SIGUSR2')
    await until(async () => (await wrong.api('GET', '/readyz')).status === 200)
    assert.equal((await callHook(hook, { held: false })).status, 200)
    assert.equal((await waiting(right, sleeper.id)).parts, 1, 'the database has the clock of waits')
    assert.equal((await ended(right, (await begin(wrong, 'sleep("short", seconds=1)')).id)).status, 'succeeded')
  } finally {
    await cluster.close()
  }
})

test('ST71 on SQLite, schedules and sleeps go on when a clock that was an hour ahead is set back', async () => {
  const env = { WORKFLOWS_LEASE_SECONDS: '3', NODE_OPTIONS: clockOf(false, 3600_000) }
  const server = await startServer({ env })
  try {
    const schedule = { every_seconds: 1, overlap: 'allow', missed: 'last' }
    const pull = await createPull(server, { source: 'def workflow(settings):\n    return None\n', schedule })
    type Runs = { readonly data: readonly { readonly created_at: string }[] }
    const untilRun = async (isWanted: (createdAt: number) => boolean) =>
      await until(async () => {
        const { data } = await must(server.api<Runs>('GET', `/api/workflows/${pull.id}/runs?limit=200`), 200)
        return data.some(({ created_at }) => isWanted(Date.parse(created_at)))
      })
    await untilRun(() => true)
    server.process.kill('SIGUSR2')
    await untilRun((createdAt) => createdAt > Date.now() + 1800_000)
    const sleeper = await begin(server, 'sleep("short", seconds=1)')
    await ended(server, sleeper.id)
    server.process.kill('SIGUSR2')
    const setBackAt = Date.now()
    await ended(server, (await begin(server, 'sleep("short", seconds=1)')).id)
    await untilRun((createdAt) => createdAt > setBackAt + 1000 && createdAt < setBackAt + 1800_000)
  } finally {
    await server.close()
  }
})
