import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { LIMITS } from '../../src/domain/workflow.ts'
import { UserError } from '../../src/errors.ts'
import { createStore } from '../../src/store/create-store.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createKeyring } from '../../src/store/encryption.ts'
import type { Store } from '../../src/store/store.ts'
import { forEachDatabase, openStore, TEST_KEYRING } from '../helpers/databases.ts'
import { addRun, addWorkflow, FIRST_PAGE, finish, outcome, PERSON, patchOf, settingsOf } from '../helpers/store-data.ts'

const put = (store: Store, id: string, key: string, value: unknown, secret?: boolean) =>
  store.putSetting(id, key, JSON.stringify(value), secret, PERSON, 3000)

/** Old and new of each change, newest first. */
async function history(store: Store, id: string, key: string): Promise<(readonly [string | null, string | null])[]> {
  const { data } = await store.listSettingHistory(id, key, FIRST_PAGE)
  return data.map((change) => [change.old, change.new] as const)
}

const isUnavailable = (error: unknown): boolean => error instanceof UserError && error.code === 'unavailable'

forEachDatabase(({ createDatabase }) => {
  test('S01 what a run that succeeded sets is there for the next run', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await put(store, id, 'n', 1)
    const run = await addRun(store, id)
    const result = await finish(
      store,
      run,
      outcome({ patch: patchOf({ n: 2, new: [1] }) }),
      await store.getSnapshot(id),
    )
    assert.equal(result.applied, true)
    assert.deepEqual(result.warnings, [])
    assert.deepEqual(await settingsOf(store, id), { n: 2, new: [1] })
    const changes = [
      { key: 'n', old: '1', new: '2' },
      { key: 'new', old: null, new: '[1]' },
    ]
    assert.deepEqual(result.settingsChanges, changes)
    assert.deepEqual((await store.getRun(run.id))?.settingsChanges, changes)
  })

  for (const status of ['failed', 'timed_out', 'cancelled'] as const) {
    test(`S02 a run that is ${status} keeps nothing of its settings`, async (t) => {
      const store = await openStore(t, await createDatabase(t))
      const { id } = await addWorkflow(store)
      await put(store, id, 'n', 1)
      const run = await addRun(store, id)
      const end = outcome({ status, code: 'exception', patch: patchOf({ n: 2, other: 1 }) })
      const result = await finish(store, run, end, await store.getSnapshot(id))
      assert.deepEqual([result.applied, result.settingsChanges], [true, []])
      assert.deepEqual(await settingsOf(store, id), { n: 1 })
      assert.equal((await store.getRun(run.id))?.status, status)
    })
  }

  test('a run whose settings are not to be kept changes none', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const run = await addRun(store, id, { keepSettings: false })
    const result = await finish(store, run, outcome({ patch: patchOf({ n: 2 }) }), new Map(), false)
    assert.deepEqual([result.applied, result.settingsChanges], [true, []])
    assert.deepEqual(await settingsOf(store, id), {})
    assert.equal((await store.getRun(run.id))?.status, 'succeeded')
  })

  test('S10 two runs at once that change different keys both land, without a warning', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await put(store, id, 'kept', 0)
    const runs = await Promise.all(Array.from({ length: 10 }, () => addRun(store, id)))
    const snapshot = await store.getSnapshot(id)
    const results = await Promise.all(
      runs.map((run, index) => finish(store, run, outcome({ patch: patchOf({ [`key${index}`]: index }) }), snapshot)),
    )
    assert.deepEqual(
      results.flatMap(({ warnings }) => warnings),
      [],
    )
    const expected = Object.fromEntries(runs.map((_, index) => [`key${index}`, index]))
    assert.deepEqual(await settingsOf(store, id), { kept: 0, ...expected })
  })

  test('S11 of two runs that change the same key the later commit wins and is warned', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const [one, two] = [await addRun(store, id), await addRun(store, id)]
    const snapshot = await store.getSnapshot(id)
    const first = await finish(store, one, outcome({ patch: patchOf({ n: 1 }) }), snapshot)
    const second = await finish(store, two, outcome({ patch: patchOf({ n: 2 }) }), snapshot)
    assert.deepEqual(first.warnings, [])
    assert.deepEqual(
      second.warnings.map(({ code, key }) => [code, key]),
      [['settings_conflict', 'n']],
    )
    assert.match(second.warnings[0]?.message ?? '', /"n"/)
    assert.deepEqual((await store.getRun(two.id))?.warnings, second.warnings)
    assert.deepEqual(await settingsOf(store, id), { n: 2 })
    assert.deepEqual(await history(store, id, 'n'), [
      ['1', '2'],
      [null, '1'],
    ])
  })

  test('S11 runs that commit the same key in the same moment leave one value and a whole chain', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const runs = await Promise.all(Array.from({ length: 8 }, () => addRun(store, id)))
    const snapshot = await store.getSnapshot(id)
    const results = await Promise.all(
      runs.map((run, index) => finish(store, run, outcome({ patch: patchOf({ n: index }) }), snapshot)),
    )
    assert.equal(results.flatMap(({ warnings }) => warnings).length, 7)
    const chain = (await history(store, id, 'n')).reverse()
    assert.equal(chain.length, 8)
    for (const [index, [old]] of chain.entries()) assert.equal(old, index === 0 ? null : chain[index - 1]?.[1])
    assert.deepEqual(await settingsOf(store, id), { n: JSON.parse(chain.at(-1)?.[1] ?? '') })
  })

  test('S12 what a person edits while a run is under way stays, but for the keys that the run changes', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await put(store, id, 'cursor', 1)
    await put(store, id, 'url', 'a')
    await put(store, id, 'gone', true)
    const run = await addRun(store, id)
    const snapshot = await store.getSnapshot(id)
    await put(store, id, 'url', 'b')
    await store.deleteSetting(id, 'cursor', PERSON, 4000)
    await store.deleteSetting(id, 'gone', PERSON, 4000)
    const result = await finish(store, run, outcome({ patch: patchOf({ cursor: 2 }) }), snapshot)
    assert.deepEqual(
      result.warnings.map(({ key }) => key),
      ['cursor'],
    )
    assert.deepEqual(await settingsOf(store, id), { url: 'b', cursor: 2 })
  })

  test('a key that was deleted and made anew meanwhile is a conflict; one that never was there is none', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await put(store, id, 'anew', 1)
    await put(store, id, 'former', 1)
    await store.deleteSetting(id, 'former', PERSON, 3500)
    const run = await addRun(store, id)
    const snapshot = await store.getSnapshot(id)
    await store.deleteSetting(id, 'anew', PERSON, 4000)
    await put(store, id, 'anew', 1)
    const result = await finish(store, run, outcome({ patch: patchOf({ anew: 2, former: 2 }) }), snapshot)
    assert.deepEqual(
      result.warnings.map(({ key }) => key),
      ['anew'],
    )
  })

  test('deleting a key that somebody else deleted, or setting what is there, changes nothing and breaks nothing', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await put(store, id, 'gone', 1)
    await put(store, id, 'same', 1)
    const run = await addRun(store, id)
    const snapshot = await store.getSnapshot(id)
    await store.deleteSetting(id, 'gone', PERSON, 4000)
    const result = await finish(store, run, outcome({ patch: patchOf({ gone: undefined, same: 1 }) }), snapshot)
    assert.deepEqual([result.applied, result.settingsChanges], [true, []])
    assert.deepEqual(await settingsOf(store, id), { same: 1 })
    assert.equal((await history(store, id, 'same')).length, 1)
  })

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
    const snapshot = await store.getSnapshot(id)
    assert.deepEqual(new Map([...snapshot].map(([key, { value }]) => [key, value])), new Map([...set].sort(byBytes)))
    for (const key of keys) await store.putSetting(id, key, '"by a person"', undefined, PERSON, 4000)
    assert.deepEqual(await history(store, id, '__proto__'), [
      ['0', '"by a person"'],
      [null, '0'],
    ])
  })

  test('S15 a key that is too long or no text is refused by name', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    for (const key of ['k'.repeat(10_000), '\ud800']) {
      await assert.rejects(store.putSetting(id, key, '1', undefined, PERSON, 1), /settings: the key/)
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
    const { data } = await store.listSettings(id, FIRST_PAGE)
    assert.deepEqual(
      data.map(({ value }) => value),
      values,
    )
    assert.deepEqual((await history(store, id, 'k0'))[0], [null, '9223372036854775808'])
  })

  test("the platform's own key is never stored", async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await assert.rejects(put(store, id, '__workflow_id', 1), /__workflow_id/)
    await finish(store, await addRun(store, id), outcome({ patch: patchOf({ __workflow_id: 'x', n: 1 }) }))
    assert.deepEqual(await settingsOf(store, id), { n: 1 })
  })

  test('settings over the total limit fail the run and keep nothing of it', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await put(store, id, 'before', 1)
    const run = await addRun(store, id)
    const large = 'x'.repeat(LIMITS.settingBytes - 2)
    const response = { status: 200, headers: [], body: 'fine' }
    const end = outcome({ response, patch: patchOf({ a: large, b: large, c: large, d: large, before: undefined }) })
    const result = await finish(store, run, end, await store.getSnapshot(id))
    assert.match(result.settingsError ?? '', /1048576/)
    const stored = await store.getRun(run.id)
    assert.deepEqual([stored?.status, stored?.code, stored?.response], ['failed', 'invalid_settings', null])
    assert.equal(stored?.message, result.settingsError)
    assert.deepEqual(await settingsOf(store, id), { before: 1 })
    for (const key of ['a', 'b', 'c']) await put(store, id, key, large)
    await assert.rejects(put(store, id, 'd', large), UserError)
    await put(store, id, 'a', 'small')
    await put(store, id, 'd', large)
    await assert.rejects(put(store, id, 'e', 'x'.repeat(LIMITS.settingBytes)), /262146 bytes/)
  })

  test('the total follows every change, so that it neither leaks nor hides', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const large = 'x'.repeat(LIMITS.settingBytes - 2)
    for (let round = 0; round < 6; round += 1) {
      await put(store, id, 'a', large)
      await store.deleteSetting(id, 'a', PERSON, 1)
      await finish(
        store,
        await addRun(store, id),
        outcome({ patch: patchOf({ b: `${large.slice(1)}${round}` }) }),
        await store.getSnapshot(id),
      )
    }
    assert.deepEqual(Object.keys(await settingsOf(store, id)), ['b'])
  })

  test('history names who, what and when, newest first, by page', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await store.putSetting(id, 'n', '1', undefined, PERSON, 100)
    const run = await addRun(store, id)
    await finish(store, run, outcome({ patch: patchOf({ n: 2 }) }), await store.getSnapshot(id))
    const key = { type: 'api_key', id: 'key_1', name: 'ci' } as const
    await store.deleteSetting(id, 'n', key, 10_000)
    await store.putSetting(id, 'n', '3', undefined, PERSON, 11_000)
    const first = await store.listSettingHistory(id, 'n', { limit: 3, cursor: null })
    const rest = await store.listSettingHistory(id, 'n', { limit: 3, cursor: first.nextCursor })
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
    const { data } = await store.listSettings(id, FIRST_PAGE)
    assert.deepEqual(data, [{ key: 'n', value: '3', secret: false, revision: 4, updatedAt: 11_000, updatedBy: PERSON }])
    assert.equal(await store.deleteSetting(id, 'never', PERSON, 1), false)
  })

  test("a secret's values appear in no history and no run, and a run that writes it keeps it secret", async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await put(store, id, 'token', 'first')
    await put(store, id, 'token', 'second', true)
    const run = await addRun(store, id)
    const result = await finish(
      store,
      run,
      outcome({ patch: patchOf({ token: 'third' }) }),
      await store.getSnapshot(id),
    )
    assert.deepEqual(result.settingsChanges, [{ key: 'token', old: null, new: null }])
    assert.deepEqual((await store.getRun(run.id))?.settingsChanges, [{ key: 'token', old: null, new: null }])
    const setting = await put(store, id, 'token', 'fourth')
    assert.equal(setting.secret, true)
    const deleting = await addRun(store, id)
    await finish(store, deleting, outcome({ patch: patchOf({ token: undefined }) }), await store.getSnapshot(id))
    const making = await addRun(store, id)
    await finish(store, making, outcome({ patch: patchOf({ token: 'fifth' }) }), await store.getSnapshot(id))
    assert.equal((await store.getSnapshot(id)).get('token')?.secret, true)
    await put(store, id, 'token', 'public', false)
    assert.deepEqual(await history(store, id, 'token'), [[null, '"public"'], ...Array(6).fill([null, null])])
  })

  test('settings are listed by key, by page', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    for (const key of ['b', 'c', 'a', 'é']) await put(store, id, key, key)
    const first = await store.listSettings(id, { limit: 2, cursor: null })
    const second = await store.listSettings(id, { limit: 2, cursor: first.nextCursor })
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
    await put(store, id, 'token', 'secret')
    await put(store, other, 'token', 'secret')
    await store.close()
    const database = await openDatabase(options)
    const { value } = await database.read((db) =>
      db.selectFrom('settings').select('value').where('workflow_id', '=', other).executeTakeFirstOrThrow(),
    )
    await database.write((db) => db.updateTable('settings').set({ value }).where('workflow_id', '=', id).execute())
    await database.write((db) => db.deleteFrom('settings').where('workflow_id', '=', other).execute())
    await database.close()
    const again = await openStore(t, options)
    await assert.rejects(again.getSnapshot(id), isUnavailable)
    await assert.rejects(again.getSnapshot(other), isUnavailable)
    await assert.rejects(again.getSnapshot('wf_none'), isUnavailable)
    await assert.rejects(again.listSettings(id, FIRST_PAGE), isUnavailable)
    const run = await addRun(again, id)
    await assert.rejects(finish(again, run, outcome({ patch: patchOf({ token: 'x' }) })), isUnavailable)
    assert.equal((await again.getRun(run.id))?.status, 'running')
  })

  test('S18 a wrong secret key is told at the start', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    await store.close()
    const wrong = createKeyring(randomBytes(32))
    const error = { name: 'StartError', message: /^The secret key does not fit this database/ }
    await assert.rejects(createStore({ ...options, keyring: wrong, serverId: 'srv_wrong' }), error)
    const right = await createStore({ ...options, keyring: TEST_KEYRING, serverId: 'srv_right' })
    await right.close()
  })

  test('no value stands in clear in the database', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { id } = await addWorkflow(store)
    await put(store, id, 'token', 'open sesame')
    await finish(
      store,
      await addRun(store, id),
      outcome({ patch: patchOf({ token: 'open barley' }) }),
      await store.getSnapshot(id),
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
})

function byBytes([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
