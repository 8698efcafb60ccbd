import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOLD_BACK_MS } from '../../../src/domain/alerts/alert.ts'
import type { Store } from '../../../src/store/store.ts'
import { forEachDatabase, openStore } from '../../helpers/databases.ts'
import { addRun, addWorkflow, outcome } from '../../helpers/store-data.ts'

const START = 1_000_000
const SECOND = 1000

/** A channel, and a workflow whose rule names it. */
async function open(store: Store) {
  const config = { type: 'slack', url: 'https://hooks.example.com/x' } as const
  await store.alerts.createChannel({ id: 'chan_a', name: 'a', createdAt: START, config })
  const { id } = await addWorkflow(store, {
    alerts: { channels: ['chan_a'], on: ['failing', 'recovered', 'dead_letter'], after: 1 },
  })
  return {
    id,
    /** Ends a run at a time after the start. */
    async end(after: number, status: 'failed' | 'succeeded', canary: 0 | 1 | null = null) {
      const run = await addRun(store, id, { createdAt: START + after, canary })
      await store.runs.finish({
        runId: run.id,
        workflowId: id,
        isCatch: true,
        mayAlert: true,
        outcome: outcome(status === 'failed' ? { status, code: 'exception', message: 'no' } : {}),
        snapshot: new Map(),
        keepSettings: true,
        workflowName: 'Test',
        finishedAt: START + after,
      })
    },
    /** Sends what is due by then. */
    async send(after: number): Promise<readonly (readonly [type: string, heldBack: number])[]> {
      const due = await store.alerts.claim(START + after, 60_000, 10)
      for (const alert of due) await store.alerts.endAttempt(alert.id, { isSent: true, detail: '', nextAt: null })
      return due.map(({ message }) => [message.type, message.heldBack] as const)
    },
  }
}

forEachDatabase(({ createDatabase }) => {
  test('Z3-50 a workflow that fails again within five minutes says so at their end', async (t) => {
    const { end, send } = await open(await openStore(t, await createDatabase(t)))
    await end(0, 'failed')
    assert.deepEqual(await send(0), [['failing', 0]])
    await end(10 * SECOND, 'succeeded')
    assert.deepEqual(await send(10 * SECOND), [['recovered', 0]])
    await end(20 * SECOND, 'failed')
    assert.deepEqual(await send(HOLD_BACK_MS - 1), [])
    assert.deepEqual(await send(HOLD_BACK_MS), [['failing', 0]])
    // Less than five minutes after the message that it works again.
    await end(HOLD_BACK_MS + 5 * SECOND, 'succeeded')
    assert.deepEqual(await send(HOLD_BACK_MS + 5 * SECOND), [])
    assert.deepEqual(await send(HOLD_BACK_MS + 10 * SECOND), [['recovered', 0]])
  })

  test('a failure that ends within the five minutes is only counted', async (t) => {
    const { end, send } = await open(await openStore(t, await createDatabase(t)))
    await end(0, 'failed')
    await end(1 * SECOND, 'succeeded')
    assert.deepEqual(await send(1 * SECOND), [
      ['failing', 0],
      ['recovered', 0],
    ])
    for (const at of [2, 4, 6]) {
      await end(at * SECOND, 'failed')
      await end((at + 1) * SECOND, 'succeeded')
    }
    assert.deepEqual(await send(HOLD_BACK_MS * 10), [])
    await end(HOLD_BACK_MS * 10, 'failed')
    assert.deepEqual(await send(HOLD_BACK_MS * 10), [['failing', 3]])
  })

  test('a silenced workflow sends only the recovery of a failure that was sent', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id, end, send } = await open(store)
    const by = { type: 'person', id: 'per_1', name: 'Ada' } as const
    const silence = (until: number | null, at: number) =>
      store.alerts.putSilence(id, { until: until === null ? null : START + until, by, at: START + at })
    const shown = async (at: number) => (await store.alerts.findSilence(id, START + at))?.by.name ?? null

    await end(0, 'failed')
    assert.deepEqual(await send(0), [['failing', 0]])
    await silence(null, 1 * SECOND)
    await end(2 * SECOND, 'failed')
    assert.equal(await shown(3 * SECOND), 'Ada')
    await end(4 * SECOND, 'succeeded')
    assert.deepEqual(await send(4 * SECOND), [['recovered', 0]])
    assert.equal(await shown(5 * SECOND), null)

    const later = HOLD_BACK_MS * 2
    await silence(later + 10 * SECOND, later)
    await end(later + 1 * SECOND, 'failed')
    await end(later + 9 * SECOND, 'failed')
    assert.deepEqual(await send(later + 9 * SECOND), [])
    await end(later + 11 * SECOND, 'failed')
    assert.deepEqual(await send(later + 11 * SECOND), [['failing', 0]])
    await silence(null, later + 12 * SECOND)
    assert.equal(await store.alerts.deleteSilence(id), true)
    assert.equal(await store.alerts.deleteSilence(id), false)
    assert.equal(await shown(later + 13 * SECOND), null)
  })

  test('a success of a candidate does not end the failure of the deployed version', async (t) => {
    const { end, send } = await open(await openStore(t, await createDatabase(t)))
    await end(0, 'failed', 0)
    assert.deepEqual(await send(0), [['failing', 0]])
    await end(10 * SECOND, 'succeeded', 1)
    assert.deepEqual(await send(10 * SECOND), [])
    await end(20 * SECOND, 'succeeded', 0)
    assert.deepEqual(await send(20 * SECOND), [['recovered', 0]])
  })

  test('a success of a candidate does not end that somebody is on a failure of the deployed version', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id, end } = await open(store)
    const by = { type: 'person', id: 'per_1', name: 'Ada' } as const
    const shown = async (at: number) => (await store.alerts.findSilence(id, START + at))?.by.name ?? null
    await end(0, 'failed', 0)
    await store.alerts.putSilence(id, { until: null, by, at: START + SECOND })
    await end(2 * SECOND, 'succeeded', 1)
    assert.equal(await shown(3 * SECOND), 'Ada')
    await end(4 * SECOND, 'succeeded', 0)
    assert.equal(await shown(5 * SECOND), null)
  })

  test('Z3-45 a deleted channel leaves the rules that name it, and the alerts that wait for it', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const config = { type: 'slack', url: 'https://hooks.example.com/x' } as const
    for (const id of ['chan_a', 'chan_b']) await store.alerts.createChannel({ id, name: id, createdAt: START, config })
    const rule = { channels: ['chan_a', 'chan_b'], on: ['failing'], after: 2 } as const
    const named = await addWorkflow(store, { alerts: rule })
    const other = await addWorkflow(store, { alerts: { ...rule, channels: ['chan_b'] } })
    await store.alerts.putDefaultRule({ ...rule, channels: ['chan_a'] })
    const changes = (await store.alerts.deleteChannel('chan_a', START)) ?? []
    assert.deepEqual(
      changes.map(({ workflowId, new: after }) => [workflowId, after.channels]),
      [
        [named.id, ['chan_b']],
        [null, []],
      ],
    )
    const [after, same] = [await store.workflows.get(named.id), await store.workflows.get(other.id)]
    assert.deepEqual(after?.alerts, { ...rule, channels: ['chan_b'] })
    assert.ok(after.updatedAt > named.updatedAt)
    assert.deepEqual(same, other)
    assert.deepEqual((await store.alerts.findDefaultRule())?.channels, [])
  })
})
