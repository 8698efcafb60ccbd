import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import type { ChannelConfig } from '../../src/domain/alerts/channel.ts'
import { startAnchors } from '../../src/jobs/decision-anchors.ts'
import type { Store } from '../../src/store/store.ts'
import { forEachDatabase, openSql, openStore } from '../helpers/databases.ts'
import { createMovedClock } from '../helpers/moved-clock.ts'

const DAY_MS = 86_400_000
const START = 1_700_000_000_000
const log = pino({ level: 'silent' })
const URL = 'http://receiver.example.com'
const SECRET = 'whsec_c2VjcmV0c2VjcmV0c2VjcmV0'

const CHANNELS: readonly ChannelConfig[] = [
  { type: 'webhook', url: URL, secret: SECRET, anchors: true },
  { type: 'webhook', url: URL, secret: SECRET, anchors: false },
  // Older servers stored no `anchors`.
  { type: 'webhook', url: URL, secret: SECRET },
  { type: 'email', to: ['ada@example.com'], language: 'en' },
]

const nameOf = (index: number) => `wf_${String(index).padStart(3, '0')}`

/** Returns the messages that wait, by channel and as numbers of heads by workflow. */
async function takeMessages(store: Store, now: number) {
  const due = await store.alerts.claim(now, 1000, 100)
  for (const { id } of due) await store.alerts.endAttempt(id, { isSent: true, detail: '', nextAt: null })
  return due
    .map(({ channelId, message }) => ({
      channelId,
      type: message.type,
      heads: (message.anchors ?? []).map(({ workflowId, number }) => [workflowId, number] as const),
    }))
    .sort((one, other) => String(one.heads[0]?.[0]).localeCompare(String(other.heads[0]?.[0])))
}

forEachDatabase(({ createDatabase }) => {
  test('each head is anchored once a day if its chain has grown, and many heads go in pages', async (t) => {
    const options = await createDatabase(t)
    let now = START
    const opened = await openStore(t, options)
    const servers = { ...opened.servers, sharedNow: () => now, leads: async () => true }
    const store: Store = { ...opened, servers }
    for (const [index, config] of CHANNELS.entries())
      await store.alerts.createChannel({ id: `chan_${index}`, name: `${index}`, createdAt: 1, config })
    const execute = await openSql(t, options)
    const rows = Array.from(
      { length: 205 },
      (_, index) => `('${nameOf(index)}', ${index}, 1, '${'a'.repeat(64)}', 1, '', 0, 0)`,
    )
    await execute(
      `insert into decision_chains (workflow_id, serial, last_number, last_sha256, first_number, first_previous, anchored_number, anchored_at) values ${rows.join(', ')}`,
    )
    const look = async () => {
      const job = startAnchors({ store, log, clock: createMovedClock() })
      await job.first
      await job.close()
      return await takeMessages(store, now)
    }

    const first = await look()
    assert.deepEqual(
      first.map(({ channelId, type, heads }) => [channelId, type, heads.length]),
      [
        ['chan_0', 'anchors', 100],
        ['chan_0', 'anchors', 100],
        ['chan_0', 'anchors', 5],
      ],
    )
    const found = first.flatMap(({ heads }) => heads)
    assert.deepEqual(
      found,
      rows.map((_, index) => [nameOf(index), 1]),
    )
    assert.equal((await store.decisions.listAnchors(nameOf(204))).length, 1)

    await execute(`update decision_chains set last_number = 3 where workflow_id = '${nameOf(7)}'`)
    now = START + DAY_MS - 1
    assert.deepEqual(await look(), [])
    now = START + DAY_MS
    assert.deepEqual(
      (await look()).map(({ heads }) => heads),
      [[[nameOf(7), 3]]],
    )
    assert.deepEqual((await store.decisions.listAnchors(nameOf(7))).map(({ number }) => number).sort(), [1, 3])
    now += DAY_MS
    assert.deepEqual(await look(), [], 'a chain that has not grown has no new anchor')
  })
})
