import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AuditFilter } from '../../../src/store/audit/audit.ts'
import { forEachDatabase, openSql, openStore } from '../../helpers/databases.ts'
import { AUTOMATION, addLine, FIRST_PAGE, PERSON } from '../../helpers/store-data.ts'
import { until } from '../../helpers/workflows.ts'

const KEY = {
  id: 'key_1',
  name: 'ci',
  prefix: 'wf_abc',
  hash: 'hash',
  scopes: ['read', 'run'] as const,
  createdAt: 1000,
  expiresAt: null,
  createdBy: AUTOMATION,
}

forEachDatabase(({ createDatabase }) => {
  test('a key is found by its hash until it is revoked', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    await store.people.createApiKey(KEY)
    const { hash: _hash, ...rest } = KEY
    const shown = { ...rest, lastUsedAt: null, revokedAt: null }
    assert.deepEqual(await store.people.listApiKeys(), [shown])
    assert.deepEqual(await store.people.findApiKey('hash'), shown)
    assert.equal(await store.people.findApiKey('other'), null)
    assert.equal(await store.people.revokeApiKey('key_1', 5000), true)
    assert.equal(await store.people.revokeApiKey('key_1', 6000), false)
    assert.equal(await store.people.findApiKey('hash'), null)
    assert.equal((await store.people.listApiKeys())[0]?.revokedAt, 5000)
    await assert.rejects(store.people.createApiKey({ ...KEY, id: 'key_2' }))
  })

  test('the last use of a key is noted by the minute', async (t) => {
    let now = 100_000
    const options = await createDatabase(t)
    const store = await openStore(t, options, () => now)
    await store.people.createApiKey(KEY)
    for (const [at, noted] of [
      [100_000, 100_000],
      [130_000, 100_000],
      [161_000, 161_000],
    ] as const) {
      now = at
      await store.people.findApiKey('hash')
      // No caller waits for the note.
      await until(async () => (await store.people.listApiKeys())[0]?.lastUsedAt === noted)
    }
  })

  test('the audit log lists who did what, newest first, by page', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    for (let at = 1; at <= 3; at += 1) {
      await addLine(store, {
        at,
        by: PERSON,
        action: 'setting.set',
        workflowId: at === 2 ? null : 'wf_1',
        detail: `a\u0000${at}`,
        ...(at === 1 ? {} : { changes: [{ field: 'name', old: null, new: 'a\u0000\ud800' }] }),
      })
    }
    const first = await store.audit.list({ limit: 2, cursor: null })
    const second = await store.audit.list({ limit: 2, cursor: first.nextCursor })
    assert.deepEqual(
      [...first.data, ...second.data].map(({ at }) => at),
      [3, 2, 1],
    )
    assert.deepEqual(first.data[1], {
      at: 2,
      by: PERSON,
      action: 'setting.set',
      workflowId: null,
      detail: 'a\u00002',
      changes: [{ field: 'name', old: null, new: 'a\u0000\ud800' }],
    })
    assert.deepEqual(second.data[0]?.changes, [])
    assert.equal((await store.audit.list(FIRST_PAGE)).nextCursor, null)
  })

  test('Y25 the audit log is filtered by actor, action, workflow and time', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const entry = { by: PERSON, workflowId: null, detail: '' }
    await addLine(store, { ...entry, at: 1000, action: 'key.create' })
    await addLine(store, { ...entry, at: 2000, action: 'hook_key.rotate', workflowId: 'wf_1' })
    await addLine(store, { ...entry, at: 3000, action: 'key.revoke', by: AUTOMATION })
    await addLine(store, { ...entry, at: 4000, action: 'hookXkey.rotate' })
    const times = async (filter: AuditFilter) => (await store.audit.list(FIRST_PAGE, filter)).data.map(({ at }) => at)
    assert.deepEqual(await times({ actor: PERSON.id }), [4000, 2000, 1000])
    assert.deepEqual(await times({ actor: AUTOMATION.name }), [3000])
    assert.deepEqual(await times({ actor: `${PERSON.id}%` }), [])
    assert.deepEqual(await times({ action: 'key' }), [3000, 1000])
    assert.deepEqual(await times({ action: 'key.create' }), [1000])
    assert.deepEqual(await times({ action: 'hook_key' }), [2000])
    assert.deepEqual(await times({ workflowId: 'wf_1' }), [2000])
    assert.deepEqual(await times({ since: 2000, until: 4000 }), [3000, 2000])
    const first = await store.audit.list({ limit: 1, cursor: null }, { action: 'key' })
    const second = await store.audit.list({ limit: 1, cursor: first.nextCursor }, { action: 'key' })
    assert.deepEqual(
      [...first.data, ...second.data].map(({ at }) => at),
      [3000, 1000],
    )
  })

  test('A05 a key is refused from the moment at which it expires', async (t) => {
    let now = 2000
    const store = await openStore(t, await createDatabase(t), () => now)
    await store.people.createApiKey({ ...KEY, expiresAt: 3000 })
    assert.equal((await store.people.findApiKey('hash'))?.expiresAt, 3000)
    now = 3000
    assert.equal(await store.people.findApiKey('hash'), null)
    assert.equal((await store.people.listApiKeys())[0]?.revokedAt, null)
  })

  test('A10 the database itself refuses to change or delete a line of the audit log', async (t) => {
    const database = await createDatabase(t)
    const store = await openStore(t, database)
    await addLine(store, { at: 1, by: PERSON, action: 'setting.set', workflowId: null, detail: 'kept' })
    const run = await openSql(t, database)
    for (const statement of [`update audit_log set action = 'x'`, 'delete from audit_log']) {
      await assert.rejects(run(statement), /audit log is append-only/, statement)
    }
    const { data } = await store.audit.list(FIRST_PAGE)
    assert.deepEqual(
      data.map(({ action, detail }) => [action, detail]),
      [['setting.set', 'kept']],
    )
  })
})
