import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import pino from 'pino'
import { systemClock } from '../../src/clock.ts'
import { type HeartbeatOptions, startHeartbeat } from '../../src/jobs/heartbeat.ts'
import { startBreakingProxy } from '../helpers/breaking-proxy.ts'
import { startCluster } from '../helpers/cluster.ts'
import { callHook, createCatch, must, type RunBody, until } from '../helpers/workflows.ts'

test('D08 a server that cannot renew its lease ends its runs before others take them for lost, and recovers by itself', async () => {
  const cluster = await startCluster(1, { WORKFLOWS_LEASE_SECONDS: '6' })
  const [other] = cluster.servers
  assert.ok(other)
  const proxy = await startBreakingProxy(cluster.databaseUrl)
  try {
    const cutOff = await cluster.start({ DATABASE_URL: proxy.databaseUrl })
    const source =
      'import time\ndef workflow(_request, settings):\n    settings["late"] = 1\n    time.sleep(_request["seconds"])\n'
    const workflow = await createCatch(cutOff, { source })
    const call = callHook(workflow, { seconds: 25 })
    type Runs = { readonly data: readonly RunBody[] }
    const runOfCall = async () =>
      (await must(other.api<Runs>('GET', `/api/workflows/${workflow.id}/runs`), 200)).data.at(-1)
    // Not only stored: a server that was cut off before it heard that can't tell, and answers that nothing ran.
    await until(async () => (await cutOff.api('GET', '/api/system')).text.includes('"running":1'))
    assert.equal((await runOfCall())?.status, 'running')
    proxy.hang()
    const answer = await call
    assert.deepEqual([answer.status, answer.body.code], [503, 'lost'])
    const run = await until(async () => {
      const found = await runOfCall()
      return found?.status === 'lost' ? found : null
    })
    assert.equal(run.id, answer.body.run_id)
    assert.equal((await callHook(workflow, { seconds: 0 })).status, 503)
    proxy.resume()
    await until(async () => (await callHook(workflow, { seconds: 0 })).status === 200)
    assert.equal((await runOfCall())?.status, 'lost')
    const changes = await must(cutOff.api<Runs>('GET', `/api/workflows/${workflow.id}/settings/late/history`), 200)
    assert.equal(changes.data.length, 1, 'only the second run changed the setting')
  } finally {
    await cluster.close()
    await proxy.close()
  }
})

test('D06 a database that takes long to throw away what is old costs no server its lease', async () => {
  const cluster = await startCluster(1, { WORKFLOWS_LEASE_SECONDS: '6' })
  const client = new pg.Client({ connectionString: cluster.databaseUrl })
  try {
    const [server] = cluster.servers
    assert.ok(server)
    const source = 'import time\ndef workflow(_request, settings):\n    time.sleep(10)\n'
    const workflow = await createCatch(server, { source })
    await client.connect()
    await client.query(`
      create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return null; end $$;
      create trigger late before delete on idempotency_keys for each statement execute function wait();
      insert into idempotency_keys (id, body_hash, run_id, created_at)
        select 'old ' || n, '', 'run_gone', 0 from generate_series(1, 12000) as n`)
    const answer = await callHook(workflow, {})
    assert.equal(answer.status, 200, answer.text)
  } finally {
    await client.end()
    await cluster.close()
  }
})

/** What a heartbeat did to its runner, and a store whose renewals take what the test says, then nothing. */
function pretend(renewals: readonly (() => Promise<void>)[]) {
  const done: string[] = []
  let renewed = 0
  const store: HeartbeatOptions['store'] = {
    async heartbeat() {
      renewed += 1
      await renewals[renewed - 1]?.()
      done.push('renewed')
    },
    recoverLostRuns: async () => [],
    listCancelRequests: async () => [],
    sharedNow: () => 0,
    trustedNow: async (now) => now,
    clockProblem: () => null,
    sweep: async () => 0,
  }
  const runner: HeartbeatOptions['runner'] = {
    fence: () => void done.push('fenced'),
    unfence: () => void done.push('open'),
    hold(why) {
      if (why !== null) done.push(why)
    },
    wake() {},
    cancelHere() {},
    state: { stopping: false, running: 0, waiting: 0 },
    trials: { adopt: async () => {} },
  }
  const log = pino({ level: 'silent' })
  const deployments = { adopt: async () => {} }
  return { done, options: { store, runner, deployments, log, clock: systemClock, leaseMs: 6000, isShared: true } }
}

test('a renewal that takes half the lease costs no server its runs: the next one follows at once', async () => {
  const { done, options } = pretend([() => delay(6400)])
  // So long that a pause of the machine for 3 s between the two renewals does not end it.
  const heartbeat = await startHeartbeat({ ...options, leaseMs: 12_000 })
  try {
    await until(async () => done.filter((one) => one === 'renewed').length >= 2)
    // Past the moment at which the first renewal would end.
    await delay(4500)
    assert.deepEqual(
      done.slice(1).filter((one) => one === 'fenced'),
      [],
    )
  } finally {
    await heartbeat.close()
  }
})

test('a server runs nothing before it has renewed the lease that it took when it began to start', async () => {
  const { done, options } = pretend([() => Promise.reject(new Error('no connection'))])
  const heartbeat = await startHeartbeat(options)
  try {
    assert.deepEqual(done, ['fenced'])
    await until(async () => done.includes('open'))
    assert.deepEqual(done.slice(0, 3), ['fenced', 'renewed', 'open'])
  } finally {
    await heartbeat.close()
  }
})

test('what is old is thrown away by the clock of the database, not by that of a server a month ahead', async () => {
  const { options } = pretend([])
  const monthMs = 31 * 24 * 3600 * 1000
  const swept: number[] = []
  const sweep = async (now: number) => {
    swept.push(now)
    return 0
  }
  const store = { ...options.store, sweep }
  const heartbeat = await startHeartbeat({ ...options, store, clock: { ...systemClock, now: () => monthMs } })
  try {
    await heartbeat.poll()
    assert.deepEqual(swept, [0])
  } finally {
    await heartbeat.close()
  }
})

test('while the clock is too far from that of the database, no runs are taken in and nothing is thrown away', async () => {
  const { done, options } = pretend([])
  let problem: string | null = 'The clock is wrong.'
  const sweep = async () => done.push('swept') * 0
  const store = { ...options.store, sweep, clockProblem: () => problem }
  const heartbeat = await startHeartbeat({ ...options, store })
  try {
    await heartbeat.poll()
    assert.deepEqual(done, ['fenced', 'renewed', 'The clock is wrong.', 'open'])
    problem = null
    await until(async () => done.includes('swept'))
  } finally {
    await heartbeat.close()
  }
})

test('a clock that went far ahead is not what old things are thrown away by, and that is said once', async () => {
  const { options } = pretend([])
  const swept: number[] = []
  const lines: string[] = []
  const store = {
    ...options.store,
    sharedNow: () => 31 * 24 * 3600_000,
    trustedNow: async () => 5,
    sweep: async (now: number) => swept.push(now) * 0,
  }
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
  const heartbeat = await startHeartbeat({ ...options, store, log, leaseMs: 300 })
  try {
    await heartbeat.poll()
    await until(async () => swept.length >= 3)
    assert.deepEqual([...new Set(swept)], [5])
    assert.equal(lines.filter((line) => /went ahead by 744 h/.test(line)).length, 1)
  } finally {
    await heartbeat.close()
  }
})
