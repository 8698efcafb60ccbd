import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../../src/errors.ts'
import { forEachDatabase, openStore } from '../../helpers/databases.ts'
import { addRun, addVersion, addWorkflow, FIRST_PAGE, newId, PERSON } from '../../helpers/store-data.ts'

forEachDatabase(({ createDatabase }) => {
  test('a workflow comes back as it was given', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const schedule = { cron: '0 6 * * 1-5', timezone: 'Europe/Paris', overlap: 'queue', missed: 'all' } as const
    const given = await addWorkflow(store, {
      kind: 'pull',
      description: 'é \u0000 🐍',
      schedule,
      bodyLimitBytes: 2 ** 40,
    })
    assert.deepEqual(await store.workflows.get(given.id), given)
    assert.equal(await store.workflows.get('wf_none'), null)
  })

  test('a hook key finds its workflow, and the old one nothing after it was rotated', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store, { hookKey: 'old' })
    assert.equal((await store.workflows.getByHookKey('old'))?.id, id)
    await store.workflows.update(id, { hookKey: 'new' }, 3000)
    assert.equal(await store.workflows.getByHookKey('old'), null)
    assert.equal((await store.workflows.getByHookKey('new'))?.id, id)
  })

  test('a change touches only what it names', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const before = await addWorkflow(store, { hookKey: 'key', description: 'about' })
    const after = await store.workflows.update(before.id, { name: 'Renamed', description: undefined }, 3000)
    assert.deepEqual(after, { ...before, name: 'Renamed', updatedAt: 3000 })
    assert.deepEqual(await store.workflows.get(before.id), after)
    assert.equal(await store.workflows.update('wf_none', { name: 'x' }, 3000), null)
  })

  test('tags are listed by name, with the number of their workflows', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    assert.deepEqual(await store.workflows.listTags(), [])
    await addWorkflow(store)
    for (const tags of [['hr', 'nightly'], ['hr'], ['é "quoted"', 'hr'], ['nightly', 'hr']])
      await addWorkflow(store, { tags })
    assert.deepEqual(await store.workflows.listTags(), [
      { name: 'hr', workflows: 4 },
      { name: 'nightly', workflows: 2 },
      { name: 'é "quoted"', workflows: 1 },
    ])
  })

  test('lists filter by kind, name in any case, and archived', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const plain = await addWorkflow(store, { name: 'Élan 100%_x', createdAt: 1 })
    const pull = await addWorkflow(store, { name: 'other', kind: 'pull', createdAt: 2 })
    const archived = await addWorkflow(store, { name: 'OLD', archived: true, createdAt: 3 })
    const ids = async (filter: Parameters<typeof store.workflows.list>[0]): Promise<string[]> =>
      (await store.workflows.list(filter, FIRST_PAGE)).data.map(({ id }) => id)
    assert.deepEqual(await ids({}), [archived.id, pull.id, plain.id])
    assert.deepEqual(await ids({ kind: 'pull' }), [pull.id])
    assert.deepEqual(await ids({ archived: false }), [pull.id, plain.id])
    assert.deepEqual(await ids({ archived: true }), [archived.id])
    assert.deepEqual(await ids({ q: 'éLAN' }), [plain.id])
    assert.deepEqual(await ids({ q: '%_x' }), [plain.id])
    assert.deepEqual(await ids({ q: 'o%r' }), [])
    assert.deepEqual(await ids({ q: pull.id }), [pull.id])
  })

  test('workflows are found by words in any order, and by similar words if asked', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const payroll = await addWorkflow(store, { name: 'Payroll hook 007', createdAt: 1 })
    await addWorkflow(store, { name: 'Candidates', createdAt: 2 })
    const find = async (filter: Parameters<typeof store.workflows.list>[0]) => {
      const { data, total } = await store.workflows.list(filter, FIRST_PAGE)
      return [data.map(({ name }) => name), total]
    }
    assert.deepEqual(await find({}), [['Candidates', 'Payroll hook 007'], 2])
    assert.deepEqual(await find({ q: '007  payroll' }), [[payroll.name], 1])
    assert.deepEqual(await find({ q: 'payrol hok' }), [[], 0])
    assert.deepEqual(await find({ q: 'pairoll' }), [[], 0])
    assert.deepEqual(await find({ q: 'pairoll', similar: true }), [[payroll.name], 1])
    assert.deepEqual(await find({ q: 'pairoll', similar: true, kind: 'pull' }), [[], 0])
  })

  test('lists are sorted by time or by name, and pages follow each other in each order', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const b = await addWorkflow(store, { name: 'b', createdAt: 1 })
    const a = await addWorkflow(store, { name: 'A', createdAt: 2 })
    const c = await addWorkflow(store, { name: 'c', createdAt: 3 })
    await store.workflows.update(b.id, { description: 'changed' }, 9)
    const ids = async (sort: 'created' | 'updated' | 'name'): Promise<string[]> => {
      const found: string[] = []
      for (let cursor: string | null = null, more = true; more; more = cursor !== null) {
        const page = await store.workflows.list({ sort }, { limit: 1, cursor })
        found.push(...page.data.map(({ id }) => id))
        cursor = page.nextCursor
      }
      return found
    }
    assert.deepEqual(await ids('created'), [c.id, a.id, b.id])
    assert.deepEqual(await ids('updated'), [b.id, c.id, a.id])
    assert.deepEqual(await ids('name'), [a.id, b.id, c.id])
    const cursor = (await store.workflows.list({ sort: 'name' }, { limit: 1, cursor: null })).nextCursor
    await assert.rejects(store.workflows.list({ sort: 'created' }, { limit: 1, cursor }), /cursor/)
    assert.deepEqual([...(await store.workflows.getNames([a.id, 'wf_none']))], [[a.id, 'A']])
  })

  test('the newest runs of several workflows come together, without tests', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const [one, two, three] = [await addWorkflow(store), await addWorkflow(store), await addWorkflow(store)]
    const runs = []
    for (let n = 1; n <= 4; n += 1) runs.push(await addRun(store, one.id, { createdAt: 1000 + n }))
    const other = await addRun(store, two.id, { createdAt: 1002 })
    await addRun(store, two.id, { createdAt: 1009, trigger: 'test' })
    const found = await store.runs.listLast([one.id, two.id, three.id, 'wf_none'], 2)
    assert.deepEqual(
      found.map(({ id, workflowId }) => [id, workflowId]),
      [
        [runs[3]?.id, one.id],
        [runs[2]?.id, one.id],
        [other.id, two.id],
      ],
    )
    assert.deepEqual(found[0], {
      id: runs[3]?.id,
      workflowId: one.id,
      status: 'running',
      reportsFailure: false,
      createdAt: 1004,
    })
    assert.deepEqual(await store.runs.listLast([], 2), [])
  })

  test('pages follow each other without gap or twin, also among equal times', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    for (let index = 0; index < 7; index += 1) await addWorkflow(store, { createdAt: 1000 + Math.floor(index / 3) })
    const all = (await store.workflows.list({}, FIRST_PAGE)).data.map(({ id }) => id)
    const paged: string[] = []
    let cursor: string | null = null
    do {
      const page = await store.workflows.list({}, { limit: 2, cursor })
      paged.push(...page.data.map(({ id }) => id))
      cursor = page.nextCursor
    } while (cursor !== null)
    assert.equal(all.length, 7)
    assert.deepEqual(paged, all)
  })

  test('a cursor that no list gave is refused as a bad request', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    for (const cursor of [
      'x',
      '',
      Buffer.from('[1e300,"x"]').toString('base64url'),
      Buffer.from('["a","b"]').toString('base64url'),
    ]) {
      await assert.rejects(store.workflows.list({}, { limit: 2, cursor }), isBadRequest)
      await assert.rejects(store.runs.list({}, { limit: 2, cursor }), isBadRequest)
    }
  })

  test("versions count from 1 within their workflow, and one that is deployed is the workflow's", async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    await addVersion(store, (await addWorkflow(store)).id)
    const first = await addVersion(store, id, true)
    const draft = await addVersion(store, id, false)
    assert.deepEqual([first.number, draft.number], [1, 2])
    assert.equal((await store.workflows.get(id))?.deployedVersion, 1)
    const deployed = { ...draft, deployedAt: 4000 }
    assert.deepEqual(await store.workflows.deployVersion(id, 2, 4000), deployed)
    const workflow = await store.workflows.get(id)
    assert.deepEqual([workflow?.deployedVersion, workflow?.deployedVersionId, workflow?.updatedAt], [2, draft.id, 4000])
    assert.equal(await store.workflows.deployVersion(id, 3, 5000), null)
    assert.equal(await store.workflows.deployVersion(id, 1e300, 5000), null)
    assert.equal((await store.workflows.get(id))?.deployedVersion, 2)
    const page = await store.workflows.listVersions(id, { limit: 1, cursor: null })
    assert.deepEqual(page.data, [deployed])
    assert.deepEqual((await store.workflows.listVersions(id, { limit: 1, cursor: page.nextCursor })).data, [first])
    assert.deepEqual(await store.workflows.getVersionById(first.id), first)
  })

  test('versions made at once get numbers of their own', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id } = await addWorkflow(store)
    const versions = await Promise.all(Array.from({ length: 8 }, () => addVersion(store, id)))
    assert.deepEqual(versions.map(({ number }) => number).sort(), [1, 2, 3, 4, 5, 6, 7, 8])
  })

  test('source and message keep every character', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const { id: workflowId } = await addWorkflow(store)
    const text = 'a\u0000b\r\n\ufeffé🐍'
    const version = await store.workflows.createVersion(
      {
        id: newId('ver'),
        workflowId,
        source: text,
        files: { 'lib/a.py': text },
        packages: null,
        message: text,
        createdAt: 1,
        createdBy: PERSON,
      },
      { deploy: false },
    )
    assert.deepEqual(await store.workflows.getVersion(workflowId, 1), version)
    assert.equal(version.source, text)
  })

  test('archiving a workflow ends its queued runs and no others', async (t) => {
    const store = await openStore(t, await createDatabase(t))
    const archived = await addWorkflow(store)
    const other = await addWorkflow(store)
    const queued = await addRun(store, archived.id, { startedAt: null })
    const running = await addRun(store, archived.id)
    const elsewhere = await addRun(store, other.id, { startedAt: null })
    await store.workflows.update(archived.id, { archived: true }, 8000)
    const ended = await store.runs.get(queued.id)
    assert.deepEqual([ended?.status, ended?.code, ended?.finishedAt], ['cancelled', 'cancelled', 8000])
    assert.equal((await store.runs.get(running.id))?.status, 'running')
    assert.equal((await store.runs.get(elsewhere.id))?.status, 'queued')
  })
})

const isBadRequest = (error: unknown): boolean => error instanceof UserError && error.code === 'bad_request'
