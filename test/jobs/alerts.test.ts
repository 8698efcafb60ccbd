/** Alerts are stored with what causes them: a crash loses none, several servers send none twice, a dead mail server delays them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { systemClock } from '../../src/clock.ts'
import type { ChannelConfig } from '../../src/domain/alerts/channel.ts'
import { createDeliver } from '../../src/http/alerts/deliver.ts'
import { startAlerts } from '../../src/jobs/alerts.ts'
import type { Store } from '../../src/store/store.ts'
import { forEachDatabase, openStore } from '../helpers/databases.ts'
import { addRun, addWorkflow, FIRST_PAGE, finish, outcome } from '../helpers/store-data.ts'
import { until } from '../helpers/workflows.ts'

const WEBHOOK: ChannelConfig = { type: 'webhook', url: 'http://receiver.example.com', secret: 'whsec_c2VjcmV0c2VjcmV0' }
const EMAIL: ChannelConfig = { type: 'email', to: ['ada@example.com'], language: 'en' }
const FAILED = outcome({ status: 'failed', code: 'exception', message: 'no' })
const log = pino({ level: 'silent' })

/** A workflow for each alert, whose run has just failed. */
async function fail(store: Store, config: ChannelConfig, count = 1): Promise<void> {
  const channel = { id: 'chn_1', name: 'on call', createdAt: 1, config }
  await store.alerts.createChannel(channel)
  await store.alerts.putDefaultRule({ channels: [channel.id], on: ['failing'], after: 1 })
  // As the look of a server does, which learns so that there is a channel.
  await store.alerts.claim(0, 1, 1)
  for (let index = 0; index < count; index += 1) {
    const { id } = await addWorkflow(store, { name: `Test ${index}` })
    await finish(store, await addRun(store, id), FAILED)
  }
}

const alertsOf = async (store: Store) => (await store.alerts.list({}, FIRST_PAGE)).data
const statuses = async (store: Store) => (await alertsOf(store)).map(({ status }) => status)

forEachDatabase(({ createDatabase }) => {
  test('a server that dies between the run and the message loses none: the next one sends it, once', async (t) => {
    const options = await createDatabase(t)
    const first = await openStore(t, options)
    await fail(first, WEBHOOK)
    await first.close()

    const next = await openStore(t, options)
    const sent: string[] = []
    const deliver = async (id: string) => ({ delivered: sent.push(id) > 0, detail: 'taken' })
    const alerts = startAlerts({ store: next, deliver, log, clock: systemClock })
    await until(async () => (await statuses(next)).includes('sent'))
    await alerts.close()
    assert.equal(sent.length, 1)
  })

  test('a server that dies while it sends is followed by another, after a minute', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    await fail(store, WEBHOOK)
    const [taken] = await store.alerts.claim(100_000, 60_000, 10)
    assert.equal(taken?.attempts, 1)
    assert.deepEqual(await store.alerts.claim(159_999, 60_000, 10), [])
    const [again] = await store.alerts.claim(160_000, 60_000, 10)
    assert.deepEqual([again?.id, again?.attempts], [taken?.id, 2])
  })

  test('two servers that look at once send each of 40 messages once', async (t) => {
    const options = await createDatabase(t)
    const one = await openStore(t, options)
    const other = options.databaseUrl === null ? one : await openStore(t, options)
    await fail(one, WEBHOOK, 40)
    const sent: string[] = []
    const deliver = async (id: string) => ({ delivered: sent.push(id) > 0, detail: 'taken' })
    const all = [one, other].map((store) => startAlerts({ store, deliver, log, clock: systemClock }))
    await until(async () => sent.length >= 40 && !(await statuses(one)).includes('queued'))
    for (const alerts of all) await alerts.close()
    assert.equal(sent.length, 40)
    assert.equal(new Set(sent).size, 40)
  })

  test('a dead mail server: five attempts with longer and longer rests, then failed, with the reason and no password', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    await fail(store, EMAIL)
    const smtpUrl = 'smtp://ada:swordfish@127.0.0.1:1'
    const config = { alerts: { smtpUrl }, egress: { allow: [], deny: [] } }
    const runner = { runManual: () => Promise.reject(new Error('not here')) }
    const deliver = createDeliver({ config, baseUrl: () => 'http://here', store, runner, now: Date.now })
    let now = 100_000
    for (const [attempts, restMs] of [5_000, 30_000, 120_000, 600_000, 0].entries()) {
      const alerts = startAlerts({ store, deliver, log, clock: { ...systemClock, now: () => now } })
      await until(async () => (await alertsOf(store))[0]?.attempts === attempts + 1)
      await alerts.close()
      assert.deepEqual(await store.alerts.claim(now + restMs - 1, 60_000, 10), [])
      now += restMs
    }
    const [ended] = await alertsOf(store)
    assert.deepEqual([ended?.status, ended?.attempts], ['failed', 5])
    assert.match(ended?.detail ?? '', /ECONNREFUSED/)
    assert.doesNotMatch(ended?.detail ?? '', /swordfish/)
  })
})
