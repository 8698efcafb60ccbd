/** Unsaved code: one draft for each person and workflow, and its earlier texts. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachDatabase, openStore } from '../../helpers/databases.ts'
import { addVersion, addWorkflow, PERSON } from '../../helpers/store-data.ts'

const MINUTE = 60_000
const draft = (source: string, files: Record<string, string> = {}) => ({
  source,
  files,
  baseVersion: 1,
  baseDeployed: 0,
})

forEachDatabase(({ createDatabase }) => {
  test('each person has a draft of a workflow, whose revision grows', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    assert.deepEqual(await store.workflows.getDraft(id, 'ada'), { draft: null, revision: 0, updatedAt: 0 })
    await store.workflows.putDraft({ workflowId: id, ownerId: 'ada', draft: draft('a\u0000'), now: 1000 })
    await store.workflows.putDraft({ workflowId: id, ownerId: 'bob', draft: draft('b'), now: 1000 })
    await store.workflows.putDraft({ workflowId: id, ownerId: 'ada', draft: draft('aa'), now: 2000 })
    assert.deepEqual(await store.workflows.getDraft(id, 'ada'), { draft: draft('aa'), revision: 2, updatedAt: 2000 })
    assert.equal((await store.workflows.getDraft(id, 'bob')).draft?.source, 'b')
    await store.workflows.putDraft({ workflowId: id, ownerId: 'ada', draft: null, now: 3000 })
    assert.deepEqual(await store.workflows.getDraft(id, 'ada'), { draft: null, revision: 3, updatedAt: 3000 })
  })

  test('a replaced text is kept every 5 minutes, at its end, and when its writer was unknown', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const put = (text: string | null, at: number, base?: number) =>
      store.workflows.putDraft({
        workflowId: id,
        ownerId: 'ada',
        draft: text === null ? null : draft(text),
        now: at,
        base,
      })
    const texts = async () => (await store.workflows.listDraftTexts(id, 'ada')).map(({ source }) => source)
    await put('one', 0, 0)
    await put('two', MINUTE, 1)
    assert.deepEqual(await texts(), ['one'])
    await put('three', 2 * MINUTE, 2)
    assert.deepEqual(await texts(), ['one'])
    await put('four', 6 * MINUTE, 3)
    assert.deepEqual(await texts(), ['three', 'one'])
    await put('from another browser', 6 * MINUTE + 1, 3)
    assert.deepEqual(await texts(), ['four', 'three', 'one'])
    await put(null, 6 * MINUTE + 2, 5)
    assert.deepEqual(await texts(), ['from another browser', 'four', 'three', 'one'])
  })

  test('drafts that come at the same time lose no text', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const sources = ['one', 'two', 'three', 'four', 'five', 'six']
    for (const base of [0, sources.length]) {
      const puts = sources.map((source) =>
        store.workflows.putDraft({
          workflowId: id,
          ownerId: 'ada',
          draft: draft(`${source} ${base}`),
          now: 1000,
          base,
        }),
      )
      assert.equal(new Set((await Promise.all(puts)).map(({ revision }) => revision)).size, sources.length)
    }
    const current = (await store.workflows.getDraft(id, 'ada')).draft?.source
    const kept = (await store.workflows.listDraftTexts(id, 'ada')).map(({ source }) => source)
    // The first writer of the second round knew the text that it replaced.
    assert.equal(new Set([current, ...kept]).size, 2 * sources.length - 1)
  })

  test('a draft and its earlier texts keep the modules beside the source', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const files = { 'lib/parse.py': 'A = "\u0000é"', 'util.py': '' }
    await store.workflows.putDraft({ workflowId: id, ownerId: 'ada', draft: draft('a', files), now: 1000 })
    assert.deepEqual((await store.workflows.getDraft(id, 'ada')).draft, draft('a', files))
    await store.workflows.putDraft({ workflowId: id, ownerId: 'ada', draft: draft('b'), now: 2000 })
    assert.deepEqual((await store.workflows.getDraft(id, 'ada')).draft?.files, {})
    assert.deepEqual((await store.workflows.listDraftTexts(id, 'ada'))[0]?.files, files)
  })

  test('the newest 20 texts are kept, and deleted with the workflow', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store, { archived: true })
    for (let number = 1; number <= 25; number += 1)
      await store.workflows.putDraft({
        workflowId: id,
        ownerId: 'ada',
        draft: draft(`${number}`),
        now: number,
        base: 0,
      })
    const texts = await store.workflows.listDraftTexts(id, 'ada')
    const entry = { at: 1000, by: PERSON, action: 'workflow.delete', workflowId: null, detail: id }
    assert.deepEqual([texts.length, texts[0]?.source, texts.at(-1)?.source], [20, '24', '5'])
    assert.equal(await store.upkeep.deleteWorkflow(id, entry), 'deleted')
    assert.deepEqual(await store.workflows.listDraftTexts(id, 'ada'), [])
    assert.equal((await store.workflows.getDraft(id, 'ada')).revision, 0)
  })

  test('a version tells when it was last deployed', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await addVersion(store, id, true, 1000)
    await addVersion(store, id, false, 2000)
    const times = async () =>
      (await store.workflows.listVersions(id, { limit: 10, cursor: null })).data.map((v) => v.deployedAt)
    assert.deepEqual(await times(), [null, 1000])
    assert.equal((await store.workflows.deployVersion(id, 2, 3000))?.deployedAt, 3000)
    await store.workflows.deployVersion(id, 1, 4000)
    assert.deepEqual(await times(), [3000, 4000])
  })
})
