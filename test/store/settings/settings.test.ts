import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { UserError } from '../../../src/errors.ts'
import { createStore } from '../../../src/store/create-store.ts'
import { openDatabase } from '../../../src/store/database/engines/open.ts'
import { createKeyring } from '../../../src/store/secrets/encryption.ts'
import { forEachDatabase, openSql, openStore, TEST_KEYRING } from '../../helpers/databases.ts'
import {
  addRun,
  addWorkflow,
  FIRST_PAGE,
  finish,
  historyOf,
  outcome,
  PERSON,
  patchOf,
  putSetting,
  settingsOf,
} from '../../helpers/store-data.ts'

const isUnavailable = (error: unknown): boolean => error instanceof UserError && error.code === 'unavailable'

const PLAIN = { isState: false, overwrites: null }

forEachDatabase(({ createDatabase }) => {
  test('S15 keys of any spelling are data', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const keys = [
      '__proto__',
      'constructor',
      '',
      '🐍',
      'a\u0000b',
      ' ',
      "'; drop table settings; --",
      '__incremental',
      'k'.repeat(1024),
    ]
    const run = await addRun(store, id)
    const set = new Map(keys.map((key, index) => [key, String(index)]))
    const result = await finish(store, run, outcome({ patch: { set, deleted: [] } }))
    assert.equal(result.settingsError, null)
    const snapshot = await store.settings.getSnapshot(id)
    assert.deepEqual(new Map([...snapshot].map(([key, { value }]) => [key, value])), new Map([...set].sort(byBytes)))
    for (const key of keys)
      await store.settings.put({ workflowId: id, key, value: '"by a person"', by: PERSON, at: 4000 })
    assert.deepEqual(await historyOf(store, id, '__proto__'), [
      ['0', '"by a person"'],
      [null, '0'],
    ])
  })

  test('whatever changes settings, the next snapshot has it', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const workflows = [await addWorkflow(store), await addWorkflow(store)]
    const expected = workflows.map(() => new Map<string, string>())
    const changes = [
      (id: string, key: string, value: string) =>
        store.settings.put({ workflowId: id, key, value, by: PERSON, at: 4000 }),
      async (id: string, key: string, value: string) =>
        finish(store, await addRun(store, id), outcome({ patch: { set: new Map([[key, value]]), deleted: [] } })),
      async (id: string, key: string) => store.settings.delete({ workflowId: id, key, by: PERSON, at: 4000 }),
      async (id: string, key: string) =>
        finish(store, await addRun(store, id), outcome({ patch: { set: new Map(), deleted: [key] } })),
    ]
    for (let step = 0; step < 60; step += 1) {
      const at = step % 2
      const [id, key, change] = [workflows[at]?.id ?? '', `key ${step % 3}`, (step * 7) % 4]
      const reading = workflows.map((workflow) => store.settings.getSnapshot(workflow.id))
      await changes[change]?.(id, key, String(step))
      if (change < 2) expected[at]?.set(key, String(step))
      else expected[at]?.delete(key)
      await Promise.all(reading)
      for (const [index, workflow] of workflows.entries()) {
        const snapshot = await store.settings.getSnapshot(workflow.id)
        const values = new Map([...snapshot].map(([name, { value }]) => [name, value]))
        assert.deepEqual(values, new Map([...(expected[index] ?? [])].sort()), `step ${step}`)
      }
    }
  })

  test('S15 a key that is too long or no text is refused by name', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    for (const key of ['k'.repeat(10_000), '\ud800']) {
      await assert.rejects(
        store.settings.put({ workflowId: id, key, value: '1', by: PERSON, at: 1 }),
        /settings: the key/,
      )
      const result = await finish(
        store,
        await addRun(store, id),
        outcome({ patch: { set: new Map([[key, '1']]), deleted: [] } }),
      )
      assert.match(result.settingsError ?? '', /settings: the key/)
    }
    assert.deepEqual(await settingsOf(store, id), {})
  })

  test('values are kept as the text that they came as', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const values = [
      '9223372036854775808',
      '1.0',
      '-0.0',
      '1E400',
      '"\\u0000\\ud800"',
      '{"10":1,"9":2,"9":3}',
      '[ 1 ]',
      '"é🐍"',
    ]
    const set = new Map(values.map((value, index) => [`k${index}`, value]))
    await finish(store, await addRun(store, id), outcome({ patch: { set, deleted: [] } }))
    const { data } = await store.settings.list(id, FIRST_PAGE)
    assert.deepEqual(
      data.map(({ value }) => value),
      values,
    )
    assert.deepEqual((await historyOf(store, id, 'k0'))[0], [null, '9223372036854775808'])
  })

  test("the platform's own key is never stored", async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await assert.rejects(putSetting(store, id, '__workflow_id', 1), /__workflow_id/)
    await finish(store, await addRun(store, id), outcome({ patch: patchOf({ __workflow_id: 'x', n: 1 }) }))
    assert.deepEqual(await settingsOf(store, id), { n: 1 })
  })

  test('S12 what was changed meanwhile is not written over unasked, however close the two come', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await putSetting(store, id, 'url', 'old')
    const writes = Array.from({ length: 5 }, (_, index) =>
      store.settings.put({
        workflowId: id,
        key: 'url',
        value: `${index}`,
        secret: false,
        by: PERSON,
        at: 4000,
        base: 1,
      }),
    )
    const results = await Promise.allSettled(writes)
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const result of results) {
      if (result.status === 'rejected') assert.equal(result.reason.code, 'conflict')
    }
    await assert.rejects(store.settings.delete({ workflowId: id, key: 'url', by: PERSON, at: 5000, base: 1 }), {
      facts: { revision: 2 },
    })
    assert.equal(await store.settings.delete({ workflowId: id, key: 'url', by: PERSON, at: 5000, base: 2 }), true)
    await assert.rejects(
      store.settings.put({ workflowId: id, key: 'url', value: '1', secret: false, by: PERSON, at: 6000, base: 2 }),
      { facts: { revision: 0 } },
    )
    const made = await store.settings.put({
      workflowId: id,
      key: 'url',
      value: '1',
      secret: false,
      by: PERSON,
      at: 6000,
      base: 0,
    })
    assert.equal(made.revision, 4, 'revisions go on where a deleted key left them')
  })

  test('history names who, what and when, newest first, by page', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await store.settings.put({ workflowId: id, key: 'n', value: '1', by: PERSON, at: 100 })
    const run = await addRun(store, id)
    await finish(store, run, outcome({ patch: patchOf({ n: 2 }) }), await store.settings.getSnapshot(id))
    const key = { type: 'api_key', id: 'key_1', name: 'ci' } as const
    await store.settings.delete({ workflowId: id, key: 'n', by: key, at: 10_000 })
    await store.settings.put({ workflowId: id, key: 'n', value: '3', by: PERSON, at: 11_000 })
    const first = await store.settings.listHistory(id, 'n', { limit: 3, cursor: null })
    const rest = await store.settings.listHistory(id, 'n', { limit: 3, cursor: first.nextCursor })
    assert.deepEqual(
      [...first.data, ...rest.data],
      [
        { at: 11_000, old: null, new: '3', by: PERSON },
        { at: 10_000, old: '2', new: null, by: key },
        { at: 9000, old: '1', new: '2', by: { type: 'run', id: run.id, name: 'Test' } },
        { at: 100, old: null, new: '1', by: PERSON },
      ],
    )
    assert.equal(rest.nextCursor, null)
    const { data } = await store.settings.list(id, FIRST_PAGE)
    assert.deepEqual(data, [
      { key: 'n', value: '3', secret: false, revision: 4, updatedAt: 11_000, updatedBy: PERSON, ...PLAIN },
    ])
    assert.equal(await store.settings.delete({ workflowId: id, key: 'never', by: PERSON, at: 1 }), false)
  })

  test("a secret's values appear in no history and no run, and a run that writes it keeps it secret", async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await putSetting(store, id, 'token', 'first')
    await putSetting(store, id, 'token', 'second', true)
    const run = await addRun(store, id)
    const result = await finish(
      store,
      run,
      outcome({ patch: patchOf({ token: 'third' }) }),
      await store.settings.getSnapshot(id),
    )
    assert.deepEqual(result.settingsChanges, [{ key: 'token', old: null, new: null }])
    assert.deepEqual((await store.runs.get(run.id))?.settingsChanges, [{ key: 'token', old: null, new: null }])
    const setting = await putSetting(store, id, 'token', 'fourth')
    assert.equal(setting.secret, true)
    const deleting = await addRun(store, id)
    await finish(
      store,
      deleting,
      outcome({ patch: patchOf({ token: undefined }) }),
      await store.settings.getSnapshot(id),
    )
    const making = await addRun(store, id)
    await finish(store, making, outcome({ patch: patchOf({ token: 'fifth' }) }), await store.settings.getSnapshot(id))
    assert.equal((await store.settings.getSnapshot(id)).get('token')?.secret, true)
    await putSetting(store, id, 'token', 'public', false)
    assert.deepEqual(await historyOf(store, id, 'token'), [[null, '"public"'], ...Array(6).fill([null, null])])
  })

  test('settings are listed by key, by page', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    for (const key of ['b', 'c', 'a', 'é']) await putSetting(store, id, key, key)
    const first = await store.settings.list(id, { limit: 2, cursor: null })
    const second = await store.settings.list(id, { limit: 2, cursor: first.nextCursor })
    assert.deepEqual(
      [first.data, second.data].map((page) => page.map(({ key }) => key)),
      [
        ['a', 'b'],
        ['c', 'é'],
      ],
    )
    assert.equal(second.nextCursor, null)
  })

  test('S18 settings that are missing or do not decrypt are never taken for empty ones', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { id } = await addWorkflow(store)
    const { id: other } = await addWorkflow(store)
    await putSetting(store, id, 'token', 'secret')
    await putSetting(store, other, 'token', 'secret')
    await store.close()
    const database = await openDatabase(options)
    const { value } = await database.read((db) =>
      db.selectFrom('settings').select('value').where('workflow_id', '=', other).executeTakeFirstOrThrow(),
    )
    await database.write((db) => db.updateTable('settings').set({ value }).where('workflow_id', '=', id).execute())
    await database.write((db) => db.deleteFrom('settings').where('workflow_id', '=', other).execute())
    await database.close()
    const again = await openStore(t, options)
    await assert.rejects(again.settings.getSnapshot(id), isUnavailable)
    await assert.rejects(again.settings.getSnapshot(other), isUnavailable)
    await assert.rejects(again.settings.getSnapshot('wf_none'), isUnavailable)
    await assert.rejects(again.settings.list(id, FIRST_PAGE), isUnavailable)
    const run = await addRun(again, id)
    await assert.rejects(finish(again, run, outcome({ patch: patchOf({ token: 'x' }) })), isUnavailable)
    assert.equal((await again.runs.get(run.id))?.status, 'running')
  })

  test('S18 a wrong secret key refuses the start', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    await store.close()
    const wrong = createKeyring(randomBytes(32))
    const error = { name: 'StartError', message: /^The secret key does not fit this database/ }
    await assert.rejects(createStore({ ...options, keyring: wrong, serverId: 'srv_wrong' }), error)
    const right = await createStore({ ...options, keyring: TEST_KEYRING, serverId: 'srv_right' })
    await right.close()
  })

  test('no value is in clear in the database', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { id } = await addWorkflow(store)
    await putSetting(store, id, 'token', 'open sesame')
    await finish(
      store,
      await addRun(store, id),
      outcome({ patch: patchOf({ token: 'open barley' }) }),
      await store.settings.getSnapshot(id),
    )
    await store.close()
    const database = await openDatabase(options)
    t.after(() => database.close())
    for (const table of ['settings', 'setting_changes', 'runs', 'run_results'] as const) {
      const rows = await database.read((db) => db.selectFrom(table).selectAll().execute())
      assert.ok(rows.length > 0 || table === 'run_results')
      for (const value of rows.flatMap((row) => Object.values(row))) {
        const text = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)
        assert.doesNotMatch(text, /open (sesame|barley)/)
      }
    }
  })

  test('Y28 a secret whose mark was turned off in the database is not shown', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { id } = await addWorkflow(store)
    await putSetting(store, id, 'before', 'x', true)
    await putSetting(store, id, 'token', 'secret value', true)
    await putSetting(store, id, 'token', 'secret value 2')
    await store.close()
    const sql = await openSql(t, options)
    await sql('update settings set secret = 0')
    await sql('update setting_changes set secret = 0')
    const again = await openStore(t, options)
    await assert.rejects(again.settings.list(id, FIRST_PAGE), isUnavailable)
    await assert.rejects(again.settings.getSnapshot(id), isUnavailable)
    await assert.rejects(again.settings.listHistory(id, 'token', FIRST_PAGE), isUnavailable)
  })

  test('a key that becomes secret loses the values that it had in clear', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await putSetting(store, id, 'token', 'in clear')
    await putSetting(store, id, 'token', 'secret value', true)
    await putSetting(store, id, 'token', 'open', false)
    assert.deepEqual(await historyOf(store, id, 'token'), [
      [null, '"open"'],
      [null, null],
      [null, null],
    ])
    assert.deepEqual(await settingsOf(store, id), { token: 'open' })
  })
})

function byBytes([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
