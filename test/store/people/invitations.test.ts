import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachDatabase, openStore } from '../../helpers/databases.ts'
import { AUTOMATION } from '../../helpers/store-data.ts'

const INVITATION = {
  id: 'inv_1',
  email: 'ada@example.com',
  role: 'editor',
  createdAt: 1000,
  expiresAt: 5000,
  createdBy: AUTOMATION,
} as const

forEachDatabase(({ createDatabase }) => {
  test('an invitation is open until it expires', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    await store.people.createInvitation(INVITATION, 'hash')
    assert.deepEqual(await store.people.findInvitation('hash', 4999), INVITATION)
    assert.deepEqual(await store.people.listInvitations(4999), [INVITATION])
    assert.equal(await store.people.findInvitation('other', 4999), null)
    assert.equal(await store.people.findInvitation('hash', 5000), null)
    assert.deepEqual(await store.people.listInvitations(5000), [])
    assert.equal(await store.people.endInvitation('inv_1', 5000), false)
  })

  test('an invitation ends once', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    await store.people.createInvitation(INVITATION, 'hash')
    const ended = await Promise.all([
      store.people.endInvitation('inv_1', 2000),
      store.people.endInvitation('inv_1', 2000),
    ])
    assert.deepEqual(ended.sort(), [false, true])
    assert.equal(await store.people.findInvitation('hash', 2000), null)
    assert.deepEqual(await store.people.listInvitations(2000), [])
  })
})
