import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SettingsPatch } from '../../../src/domain/settings/patch.ts'
import { LIMITS } from '../../../src/domain/workflows/workflow.ts'
import { UserError } from '../../../src/errors.ts'
import { forEachDatabase, openStore } from '../../helpers/databases.ts'
import {
  addRun,
  addVersion,
  addWorkflow,
  finish,
  historyOf,
  outcome,
  PERSON,
  patchOf,
  putSetting,
  settingsOf,
} from '../../helpers/store-data.ts'

forEachDatabase(({ createDatabase }) => {
  test('S01 what a run that succeeded sets is there for the next run', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await putSetting(store, id, 'n', 1)
    const run = await addRun(store, id)
    const result = await finish(
      store,
      run,
      outcome({ patch: patchOf({ n: 2, new: [1] }) }),
      await store.settings.getSnapshot(id),
    )
    assert.equal(result.applied, true)
    assert.deepEqual(result.warnings, [])
    assert.deepEqual(await settingsOf(store, id), { n: 2, new: [1] })
    const changes = [
      { key: 'n', old: '1', new: '2' },
      { key: 'new', old: null, new: '[1]' },
    ]
    assert.deepEqual(result.settingsChanges, changes)
    assert.deepEqual((await store.runs.get(run.id))?.settingsChanges, changes)
  })

  for (const status of ['failed', 'timed_out', 'cancelled'] as const) {
    test(`S02 a run that is ${status} keeps nothing of its settings`, async (t) => {
      const store = await openStore(t, await createDatabase(t))
      const { id } = await addWorkflow(store)
      await putSetting(store, id, 'n', 1)
      const run = await addRun(store, id)
      const end = outcome({ status, code: 'exception', patch: patchOf({ n: 2, other: 1 }) })
      const result = await finish(store, run, end, await store.settings.getSnapshot(id))
      assert.deepEqual([result.applied, result.settingsChanges], [true, []])
      assert.deepEqual(await settingsOf(store, id), { n: 1 })
      assert.equal((await store.runs.get(run.id))?.status, status)
    })
  }

  test('a run whose settings are not to be kept changes none', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const run = await addRun(store, id, { keepSettings: false })
    const result = await finish(store, run, outcome({ patch: patchOf({ n: 2 }) }), new Map(), false)
    assert.deepEqual([result.applied, result.settingsChanges], [true, []])
    assert.deepEqual(await settingsOf(store, id), {})
    assert.equal((await store.runs.get(run.id))?.status, 'succeeded')
  })

  test('S10 two runs at once that change different keys both land, without a warning', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await putSetting(store, id, 'kept', 0)
    const runs = await Promise.all(Array.from({ length: 10 }, () => addRun(store, id)))
    const snapshot = await store.settings.getSnapshot(id)
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
    const snapshot = await store.settings.getSnapshot(id)
    const first = await finish(store, one, outcome({ patch: patchOf({ n: 1 }) }), snapshot)
    const second = await finish(store, two, outcome({ patch: patchOf({ n: 2 }) }), snapshot)
    assert.deepEqual(first.warnings, [])
    assert.deepEqual(
      second.warnings.map(({ code, key }) => [code, key]),
      [['settings_conflict', 'n']],
    )
    assert.match(second.warnings[0]?.message ?? '', /"n"/)
    assert.deepEqual((await store.runs.get(two.id))?.warnings, second.warnings)
    assert.deepEqual(await settingsOf(store, id), { n: 2 })
    assert.deepEqual(await historyOf(store, id, 'n'), [
      ['1', '2'],
      [null, '1'],
    ])
  })

  test('S11 runs that commit the same key in the same moment leave one value and a whole chain', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const runs = await Promise.all(Array.from({ length: 8 }, () => addRun(store, id)))
    const snapshot = await store.settings.getSnapshot(id)
    const results = await Promise.all(
      runs.map((run, index) => finish(store, run, outcome({ patch: patchOf({ n: index }) }), snapshot)),
    )
    assert.equal(results.flatMap(({ warnings }) => warnings).length, 7)
    const chain = (await historyOf(store, id, 'n')).reverse()
    assert.equal(chain.length, 8)
    for (const [index, [old]] of chain.entries()) assert.equal(old, index === 0 ? null : chain[index - 1]?.[1])
    assert.deepEqual(await settingsOf(store, id), { n: JSON.parse(chain.at(-1)?.[1] ?? '') })
  })

  test('concurrent runs that change one object at different keys all land, and so do all atomic operations', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await putSetting(store, id, 'n', 5)
    const runs = await Promise.all(Array.from({ length: 8 }, () => addRun(store, id)))
    const snapshot = await store.settings.getSnapshot(id)
    const atomic = new Map([
      ['n', 'counter'],
      ['list', 'set'],
      ['map', 'map'],
    ] as const)
    const results = await Promise.all(
      runs.map((run, index) => {
        const values = { n: 6, list: [index], map: { same: index, [index]: 1 }, plain: { [`k${index}`]: index } }
        return finish(store, run, outcome({ patch: { ...patchOf(values), atomic } }), snapshot)
      }),
    )
    assert.deepEqual(
      results.flatMap(({ warnings }) => warnings),
      [],
    )
    const { n, list, map, plain } = await settingsOf(store, id)
    assert.equal(n, 13)
    assert.deepEqual((list as number[]).toSorted(), [0, 1, 2, 3, 4, 5, 6, 7])
    assert.equal(Object.keys(map as object).length, 9)
    assert.deepEqual(plain, Object.fromEntries(runs.map((_, index) => [`k${index}`, index])))
  })

  test('a conflict within an object names the key and the path, once for each setting', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await putSetting(store, id, 'map', {})
    const [one, two] = [await addRun(store, id), await addRun(store, id)]
    const snapshot = await store.settings.getSnapshot(id)
    await finish(store, one, outcome({ patch: patchOf({ map: { a: 1, b: 1, c: 1 } }) }), snapshot)
    const { warnings } = await finish(store, two, outcome({ patch: patchOf({ map: { a: 2, b: 2, d: 2 } }) }), snapshot)
    assert.deepEqual(
      warnings.map(({ key }) => key),
      ['map'],
    )
    assert.match(warnings[0]?.message ?? '', /"map" → "a" and 1 more of its values/)
    assert.deepEqual(await settingsOf(store, id), { map: { a: 2, b: 2, c: 1, d: 2 } })
  })

  test('a setting that only runs wrote is state, until a person writes it', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const end = async (values: Readonly<Record<string, unknown>>) =>
      await finish(
        store,
        await addRun(store, id),
        outcome({ patch: patchOf(values) }),
        await store.settings.getSnapshot(id),
      )
    const stateOf = async () =>
      Object.fromEntries(
        (await store.settings.list(id, { limit: 9, cursor: null })).data.map(({ key, isState }) => [key, isState]),
      )
    await putSetting(store, id, 'url', 'a')
    await end({ url: 'b', seen: 1, gone: 1 })
    await end({ url: 'c', seen: 2, gone: undefined })
    assert.deepEqual(await stateOf(), { seen: true, url: false })
    await putSetting(store, id, 'seen', 3)
    await end({ seen: 4 })
    assert.deepEqual(await stateOf(), { seen: false, url: false })
  })

  test('runs that overwrite a change are counted with the setting, and alert', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const config = { type: 'slack', url: 'https://hooks.example.com/x' } as const
    await store.alerts.createChannel({ id: 'chan_a', name: 'a', createdAt: 1, config })
    const alerts = { channels: ['chan_a'], on: ['settings_conflict'], after: 1 } as const
    const { id } = await addWorkflow(store, { alerts })
    const runs = await Promise.all(Array.from({ length: 3 }, () => addRun(store, id)))
    const snapshot = await store.settings.getSnapshot(id)
    for (const [index, run] of runs.entries())
      await store.runs.finish({
        runId: run.id,
        workflowId: id,
        isCatch: true,
        mayAlert: true,
        outcome: outcome({ patch: patchOf({ n: { same: index }, other: [] }) }),
        snapshot,
        keepSettings: true,
        workflowName: 'Test',
        finishedAt: 5000,
      })
    const { data } = await store.settings.list(id, { limit: 9, cursor: null })
    assert.deepEqual(
      data.map(({ key, overwrites }) => [key, overwrites?.count, overwrites?.lastRunId]),
      [
        ['n', 2, runs[2]?.id],
        ['other', undefined, undefined],
      ],
    )
    const [due, ...others] = await store.alerts.claim(5000, 60_000, 10)
    assert.deepEqual([due?.message.run?.id, due?.message.type, others], [runs[1]?.id, 'settings_conflict', []])
  })

  test('a merge that exceeds the limit of a value fails the run', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const [one, two] = [await addRun(store, id), await addRun(store, id)]
    const snapshot = await store.settings.getSnapshot(id)
    const half = 'x'.repeat(LIMITS.settingBytes / 2)
    await finish(store, one, outcome({ patch: patchOf({ map: { a: half } }) }), snapshot)
    const { settingsError } = await finish(store, two, outcome({ patch: patchOf({ map: { b: half } }) }), snapshot)
    assert.match(settingsError ?? '', /at most 262144/)
    assert.deepEqual(await settingsOf(store, id), { map: { a: half } })
  })

  test('S12 what a person edits while a run is under way stays, but for the keys that the run changes', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await putSetting(store, id, 'cursor', 1)
    await putSetting(store, id, 'url', 'a')
    await putSetting(store, id, 'gone', true)
    const run = await addRun(store, id)
    const snapshot = await store.settings.getSnapshot(id)
    await putSetting(store, id, 'url', 'b')
    await store.settings.delete({ workflowId: id, key: 'cursor', by: PERSON, at: 4000 })
    await store.settings.delete({ workflowId: id, key: 'gone', by: PERSON, at: 4000 })
    const result = await finish(store, run, outcome({ patch: patchOf({ cursor: 2 }) }), snapshot)
    assert.deepEqual(
      result.warnings.map(({ key }) => key),
      ['cursor'],
    )
    assert.deepEqual(await settingsOf(store, id), { url: 'b', cursor: 2 })
  })

  test('S17 a run of old code that ends after its settings were given another shape follows the same rules', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await putSetting(store, id, 'cursor', 1)
    await putSetting(store, id, 'endpoint', 'https://old.example')
    const old = await addVersion(store, id)
    const run = await addRun(store, id, { versionId: old.id })
    const snapshot = await store.settings.getSnapshot(id)
    // Another shape: a key became an object, one was replaced by another, one is new and secret.
    await addVersion(store, id)
    await putSetting(store, id, 'cursor', { page: 7, since: null })
    await store.settings.delete({ workflowId: id, key: 'endpoint', by: PERSON, at: 4000 })
    await putSetting(store, id, 'endpoints', ['https://new.example'])
    await putSetting(store, id, 'token', 'secret value', true)
    const patch = patchOf({ cursor: 2, seen: true, endpoint: undefined })
    const result = await finish(store, run, outcome({ patch }), snapshot)
    assert.equal(result.settingsError, null)
    assert.deepEqual(result.warnings.map(({ code, key }) => [code, key]).sort(), [
      ['settings_conflict', 'cursor'],
      ['settings_conflict', 'endpoint'],
    ])
    const endpoints = ['https://new.example']
    assert.deepEqual(await settingsOf(store, id), { cursor: 2, endpoints, seen: true, token: 'secret value' })
    assert.equal((await store.runs.get(run.id))?.version, 1)
  })

  test('a key that was deleted and created again in between is a conflict; a key that never existed is none', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await putSetting(store, id, 'anew', 1)
    await putSetting(store, id, 'former', 1)
    await store.settings.delete({ workflowId: id, key: 'former', by: PERSON, at: 3500 })
    const run = await addRun(store, id)
    const snapshot = await store.settings.getSnapshot(id)
    await store.settings.delete({ workflowId: id, key: 'anew', by: PERSON, at: 4000 })
    await putSetting(store, id, 'anew', 1)
    const result = await finish(store, run, outcome({ patch: patchOf({ anew: 2, former: 2 }) }), snapshot)
    assert.deepEqual(
      result.warnings.map(({ key }) => key),
      ['anew'],
    )
  })

  test('deleting a deleted key, or setting the current value, changes nothing', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await putSetting(store, id, 'gone', 1)
    await putSetting(store, id, 'same', 1)
    const run = await addRun(store, id)
    const snapshot = await store.settings.getSnapshot(id)
    await store.settings.delete({ workflowId: id, key: 'gone', by: PERSON, at: 4000 })
    const result = await finish(store, run, outcome({ patch: patchOf({ gone: undefined, same: 1 }) }), snapshot)
    assert.deepEqual([result.applied, result.settingsChanges], [true, []])
    assert.deepEqual(await settingsOf(store, id), { same: 1 })
    assert.equal((await historyOf(store, id, 'same')).length, 1)
  })

  test('settings over the total limit fail the run and keep nothing of it', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await putSetting(store, id, 'before', 1)
    const run = await addRun(store, id)
    const large = 'x'.repeat(LIMITS.settingBytes - 2)
    const response = { status: 200, headers: [], body: 'fine' }
    const end = outcome({ response, patch: patchOf({ a: large, b: large, c: large, d: large, before: undefined }) })
    const result = await finish(store, run, end, await store.settings.getSnapshot(id))
    assert.match(result.settingsError ?? '', /1048576/)
    const stored = await store.runs.get(run.id)
    assert.deepEqual([stored?.status, stored?.code, stored?.response], ['failed', 'invalid_settings', null])
    assert.equal(stored?.message, result.settingsError)
    assert.deepEqual(await settingsOf(store, id), { before: 1 })
    for (const key of ['a', 'b', 'c']) await putSetting(store, id, key, large)
    await assert.rejects(putSetting(store, id, 'd', large), UserError)
    await putSetting(store, id, 'a', 'small')
    await putSetting(store, id, 'd', large)
    await assert.rejects(putSetting(store, id, 'e', 'x'.repeat(LIMITS.settingBytes)), /262146 bytes/)
  })

  test('the total follows every change, so that it neither leaks nor hides', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const large = 'x'.repeat(LIMITS.settingBytes - 2)
    for (let round = 0; round < 6; round += 1) {
      await putSetting(store, id, 'a', large)
      await store.settings.delete({ workflowId: id, key: 'a', by: PERSON, at: 1 })
      await finish(
        store,
        await addRun(store, id),
        outcome({ patch: patchOf({ b: `${large.slice(1)}${round}` }) }),
        await store.settings.getSnapshot(id),
      )
    }
    assert.deepEqual(Object.keys(await settingsOf(store, id)), ['b'])
  })

  test('Y02 a workflow has at most 1,000 settings, added by runs or people; more than that may only become less', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const keys = (from: number, to: number, value: unknown) =>
      patchOf(Object.fromEntries(Array.from({ length: to - from }, (_, index) => [`k${from + index}`, value])))
    const end = async (patch: SettingsPatch) => {
      const run = await addRun(store, id)
      return await finish(store, run, outcome({ patch }), await store.settings.getSnapshot(id))
    }
    assert.equal((await end(keys(0, 500, 1))).settingsError, null)
    assert.equal((await end(keys(500, 1000, 1))).settingsError, null)
    assert.match((await end(keys(1000, 1001, 1))).settingsError ?? '', /1001 keys, expected at most 1000/)
    await assert.rejects(
      putSetting(store, id, 'one-more', 1),
      (error) => error instanceof UserError && error.code === 'invalid_settings' && /at most 1000/.test(error.message),
    )
    await putSetting(store, id, 'k7', 'changed')
    assert.equal((await end(keys(0, 500, undefined))).settingsError, null)
    await putSetting(store, id, 'one-more', 1)
    assert.equal(Object.keys(await settingsOf(store, id)).length, 501)
  })

  test('a run that changes hundreds of settings keeps revision, history and secrecy of each', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    for (const [key, secret] of [
      ['k1', true],
      ['k2', false],
    ] as const)
      await putSetting(store, id, key, 'before', secret)
    await putSetting(store, id, 'k3', 'gone', true)
    await store.settings.delete({ workflowId: id, key: 'k3', by: PERSON, at: 3500 })
    const run = await addRun(store, id)
    const patch = patchOf(Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`k${index}`, index])))
    const { settingsChanges } = await finish(store, run, outcome({ patch }), await store.settings.getSnapshot(id))
    const snapshot = await store.settings.getSnapshot(id)
    assert.deepEqual(
      ['k1', 'k2', 'k3', 'k249'].map((key) => {
        const setting = snapshot.get(key)
        return [setting?.value, setting?.revision, setting?.secret]
      }),
      [
        ['1', 2, true],
        ['2', 2, false],
        ['3', 3, true],
        ['249', 1, false],
      ],
    )
    assert.deepEqual(
      settingsChanges.filter(({ key }) => ['k1', 'k2', 'k3'].includes(key)),
      [
        { key: 'k1', old: null, new: null },
        { key: 'k2', old: '"before"', new: '2' },
        { key: 'k3', old: null, new: null },
      ],
    )
    assert.deepEqual(await historyOf(store, id, 'k2'), [
      ['"before"', '2'],
      [null, '"before"'],
    ])
  })
})
