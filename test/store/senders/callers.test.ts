import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../../src/errors.ts'
import { openDatabase } from '../../../src/store/database/engines/open.ts'
import type { RefusedCall } from '../../../src/store/senders/callers.ts'
import { forEachDatabase, openStore } from '../../helpers/databases.ts'
import { addWorkflow, FIRST_PAGE } from '../../helpers/store-data.ts'

const refused = (workflowId: string, at: number): RefusedCall => ({
  id: `ref_${String(at).padStart(10, '0')}`,
  workflowId,
  at,
  reason: 'mismatch',
  detail: 'é',
  address: '2001:db8::1',
  headers: [
    ['X-A', '\u00ff'],
    ['X-A', ''],
  ],
  bodyBytes: 2 ** 40,
})

const GITHUB = { scheme: 'github', tolerance_seconds: 300 } as const

forEachDatabase(({ createDatabase }) => {
  test('of refused calls the newest hundred of each workflow stay, page by page as they were given', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const other = await addWorkflow(store)
    await store.senders.addRefusedCall(refused(other.id, 1))
    await Promise.all(Array.from({ length: 130 }, (_, index) => store.senders.addRefusedCall(refused(id, index + 1))))
    const { data, nextCursor } = await store.senders.listRefusedCalls(id, { limit: 60, cursor: null })
    assert.deepEqual(data[0], refused(id, 130))
    const rest = await store.senders.listRefusedCalls(id, { limit: 60, cursor: nextCursor })
    assert.deepEqual(
      [...data, ...rest.data].map(({ at }) => at),
      Array.from({ length: 100 }, (_, index) => 130 - index),
    )
    assert.equal(rest.nextCursor, null)
    assert.equal((await store.senders.listRefusedCalls(other.id, FIRST_PAGE)).data.length, 1)
  })

  test('secrets of a sender check are encrypted, kept by other changes, rotated, and gone with the check', async (t) => {
    const options = await createDatabase(t)
    const first = await openStore(t, options)
    const given = { senderCheck: GITHUB, senderSecrets: 1 }
    const { id } = await addWorkflow(first, { ...given, rateLimit: { calls: 1, per_seconds: 2 } }, ['first-secret'])
    await first.close()
    const database = await openDatabase(options)
    const stored = await database.read((db) => db.selectFrom('workflows').select('sender_secrets').execute())
    await database.close()
    const store = await openStore(t, options)
    assert.ok(!Buffer.from(stored[0]?.sender_secrets ?? []).includes('first-secret'))
    await store.workflows.update(id, { name: 'x', allowedIps: ['10.0.0.0/8'] }, 2000)
    assert.deepEqual(await store.senders.getSecrets(id), ['first-secret'])
    const change = (secret: string | undefined, previous: string | null | undefined) =>
      store.workflows.update(id, { senderCheck: GITHUB, senderSecretsChange: { secret, previous } }, 3000)
    assert.equal((await change('second-secret', undefined))?.senderSecrets, 2)
    assert.deepEqual(await store.senders.getSecrets(id), ['second-secret', 'first-secret'])
    assert.equal((await change(undefined, null))?.senderSecrets, 1)
    const read = await store.workflows.get(id)
    assert.deepEqual(
      [read?.senderCheck, read?.senderSecrets, read?.allowedIps, read?.rateLimit],
      [GITHUB, 1, ['10.0.0.0/8'], { calls: 1, per_seconds: 2 }],
    )
    const isBadRequest = (error: unknown) => error instanceof UserError && error.code === 'bad_request'
    const ashby = { senderCheck: { ...GITHUB, scheme: 'ashby' } as const }
    await assert.rejects(store.workflows.update(id, ashby, 4000), isBadRequest)
    assert.deepEqual(await store.senders.getSecrets(id), ['second-secret'])
    assert.equal((await store.workflows.update(id, { senderCheck: { scheme: 'none' } }, 5000))?.senderSecrets, 0)
    assert.deepEqual(await store.senders.getSecrets(id), [])
    await assert.rejects(addWorkflow(store, { senderCheck: GITHUB }), isBadRequest)
  })

  test('secrets do not decrypt for another workflow', async (t) => {
    const options = await createDatabase(t)
    const first = await openStore(t, options)
    const given = { senderCheck: GITHUB, senderSecrets: 1 }
    const [one, two] = [
      await addWorkflow(first, given, ['one-secret']),
      await addWorkflow(first, given, ['two-secret']),
    ]
    await first.close()
    const database = await openDatabase(options)
    await database.write(async (db) => {
      const [row] = await db.selectFrom('workflows').select('sender_secrets').where('id', '=', one.id).execute()
      await db.updateTable('workflows').set({ sender_secrets: row?.sender_secrets }).where('id', '=', two.id).execute()
    })
    await database.close()
    const store = await openStore(t, options)
    assert.deepEqual(await store.senders.getSecrets(one.id), ['one-secret'])
    await assert.rejects(store.senders.getSecrets(two.id), { code: 'unavailable' })
  })
})
