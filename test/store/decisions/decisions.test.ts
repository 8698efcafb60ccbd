import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import type { Attributes } from '../../../src/domain/decisions/decision.ts'
import type { StepCall } from '../../../src/domain/runs/steps.ts'
import { groupOutcomes, verifyDecisions } from '../../../src/runs/decisions/verify-decisions.ts'
import type { DatabaseOptions } from '../../../src/store/database/database.ts'
import type { NewDecision } from '../../../src/store/decisions/records.ts'
import type { NewRun } from '../../../src/store/runs/rows/records.ts'
import type { Part } from '../../../src/store/runs/rows/step-records.ts'
import type { Store } from '../../../src/store/store.ts'
import { forEachDatabase, openStore } from '../../helpers/databases.ts'
import { AUTOMATION, addRun, addWorkflow, FIRST_PAGE, finish, outcome } from '../../helpers/store-data.ts'

const DAY_MS = 86_400_000

type Given = {
  readonly subject?: string
  readonly outcome?: string
  readonly attributes?: Attributes
  readonly keepDays?: number
  readonly at?: number
  /** Of the decision. */
  readonly id?: number | null
  readonly part?: number
}

const decisionOf = (number: number, { subject, outcome: result, attributes, keepDays, id }: Given): NewDecision => ({
  id: id === null ? null : `dec_${String(id ?? number).padStart(10, '0')}`,
  workflowName: 'Screen',
  version: 2,
  sourceSha256: 'a'.repeat(64),
  lockSha256: null,
  keepDays: keepDays ?? 1460,
  given: {
    subject: subject ?? `person${number}@example.com`,
    outcome: result ?? 'invite',
    reasons: ['5 years'],
    inputs: { years: 5 },
    model: null,
    score: 0.5,
    attributes: attributes ?? null,
  },
  salt: 'b'.repeat(32),
  attributesSalt: 'c'.repeat(32),
})

const callOf = (number: number): StepCall => ({
  kind: 'step',
  name: 'decision',
  number,
  status: 'done',
  json: '"invite"',
  attempts: 1,
  startedAt: 1000,
  patch: { set: new Map(), deleted: [] },
})

const partOf = (runId: string, workflowId: string, part = 1): Part => ({
  runId,
  workflowId,
  firstId: runId,
  attempt: 1,
  part,
})

const decide = (store: Store, run: NewRun, number: number, given: Given = {}) =>
  store.runs.commitStep({
    part: partOf(run.id, run.workflowId, given.part),
    workflowName: 'Screen',
    call: callOf(number),
    shown: '"invite"',
    keepSettings: true,
    snapshot: new Map(),
    at: given.at ?? 1_700_000_000_000 + number,
    decision: decisionOf(number, given),
  })

forEachDatabase(({ engine, createDatabase }) => {
  const begin = async (t: TestContext, count = 0) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const workflow = await addWorkflow(store)
    const run = await addRun(store, workflow.id, { durable: true, startedAt: 1000 })
    for (let number = 1; number <= count; number += 1)
      await decide(store, run, number, { attributes: { sex: number % 2 === 0 ? 'female' : 'male' } })
    return { options, store, workflow, run }
  }
  const numbers = async (store: Store, filter = {}) =>
    (await store.decisions.list(filter, FIRST_PAGE)).data.map(({ record }) => record.number)

  /** Changes the database directly, as a person with access to it could. */
  const execute = async ({ databaseUrl, dataDir }: DatabaseOptions, statements: readonly string[]) => {
    if (databaseUrl === null) {
      const file = new DatabaseSync(join(dataDir, 'workflows.db'))
      try {
        for (const text of statements) file.exec(text)
      } finally {
        file.close()
      }
      return
    }
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    try {
      for (const text of statements) await client.query(text)
    } finally {
      await client.end()
    }
  }
  const dropTriggers =
    engine === 'sqlite'
      ? ['drop trigger decisions_never_change', 'drop trigger decisions_are_kept']
      : ['drop trigger decisions_never_change on decisions']

  test('decisions of a workflow form a chain, which is stored once and verified', async (t) => {
    const { store, workflow, run } = await begin(t, 3)
    await decide(store, run, 3)
    assert.deepEqual(await numbers(store), [3, 2, 1])
    assert.deepEqual(await verifyDecisions(store, workflow.id), { checked: 3, ok: true, first_broken: null })
    const [second] = (await store.decisions.list({ subject: ' PERSON2@example.com' }, FIRST_PAGE)).data
    assert.deepEqual(second?.record.number, 2)
    assert.deepEqual(second?.content?.inputs, { years: 5 })
    assert.deepEqual(await store.decisions.get(second?.record.id ?? ''), second)
  })

  test('a decision is found by the id that the chain assigns, and by no other one', async (t) => {
    const { store, run } = await begin(t, 1)
    for (const number of [2, 3]) await decide(store, run, number, { id: null })
    const { data } = await store.decisions.list({}, FIRST_PAGE)
    for (const decision of data) {
      const { id } = decision.record
      assert.deepEqual(await store.decisions.get(id), decision)
      assert.equal((await store.decisions.getCall(id))?.number, decision.record.number)
      assert.equal(await store.decisions.get(id.slice(0, -1) + (id.endsWith('0') ? '1' : '0')), null)
    }
    assert.equal(await store.decisions.get(`dec_${'z'.repeat(27)}`), null)
    assert.equal(new Set(data.map(({ record }) => record.id.slice(0, 15))).size, 3)
    assert.deepEqual((await verifyDecisions(store, null)).checked, 3)
  })

  test('decisions that are taken at the same time get different numbers', async (t) => {
    const { store, workflow } = await begin(t)
    const runs = await Promise.all(
      Array.from({ length: 8 }, () => addRun(store, workflow.id, { durable: true, startedAt: 1000 })),
    )
    await Promise.all(
      runs.flatMap((run, index) =>
        [1, 2, 3].map((step) => decide(store, run, step + 10 * index, { at: 1000 + index })),
      ),
    )
    assert.deepEqual(await verifyDecisions(store, null), { checked: 24, ok: true, first_broken: null })
  })

  test('a decision follows the stored head, also after a refused one and one of another server', async (t) => {
    const { options, store, workflow, run } = await begin(t, 2)
    await decide(store, run, 2)
    await decide(store, run, 3)
    const other = engine === 'postgres' ? await openStore(t, options) : store
    const second = await addRun(other, workflow.id, { durable: true, startedAt: 1000 })
    await decide(other, second, 4)
    await decide(store, run, 5)
    await decide(other, second, 6)
    assert.deepEqual(await numbers(store), [6, 5, 4, 3, 2, 1])
    assert.deepEqual(await verifyDecisions(store, null), { checked: 6, ok: true, first_broken: null })
  })

  test('a call takes one decision, also with another id, and a late part takes none', async (t) => {
    const { store, workflow, run } = await begin(t, 2)
    const attributes = { sex: 'female' }
    for (const id of [2, 3, 4])
      assert.deepEqual((await decide(store, run, 2, { id, attributes })).applied, true, 'the call is stored')
    assert.equal((await decide(store, run, 5, { part: 2, attributes })).applied, false)
    assert.equal((await store.runs.get(run.id))?.durable?.steps, 2)
    await decide(store, run, 6, { attributes })
    assert.deepEqual(await numbers(store), [3, 2, 1])
    assert.equal((await store.runs.get(run.id))?.durable?.steps, 3)
    assert.equal((await store.runs.loadSteps(partOf(run.id, workflow.id))).length, 3)
    assert.deepEqual(await verifyDecisions(store, workflow.id), { checked: 3, ok: true, first_broken: null })
  })

  test('lists are filtered, and paged by time', async (t) => {
    const { store, workflow, run } = await begin(t, 5)
    await decide(store, run, 6, { outcome: 'reject' })
    const first = await store.decisions.list({ workflowId: workflow.id }, { limit: 4, cursor: null })
    const second = await store.decisions.list({ workflowId: workflow.id }, { limit: 4, cursor: first.nextCursor })
    const all = [...first.data, ...second.data].map(({ record }) => record.number)
    assert.deepEqual([all, second.nextCursor], [[6, 5, 4, 3, 2, 1], null])
    assert.deepEqual(await numbers(store, { outcome: 'reject' }), [6])
    assert.deepEqual(await numbers(store, { since: 1_700_000_000_003, until: 1_700_000_000_005 }), [4, 3])
    assert.deepEqual(await numbers(store, { workflowId: 'wf_other' }), [])
    assert.deepEqual(await numbers(store, { oversight: 'agreed' }), [])
    assert.equal((await numbers(store, { oversight: 'none' })).length, 6)
  })

  test('the database refuses to change and to delete a decision', async (t) => {
    const { options, store } = await begin(t, 2)
    for (const text of [
      "update decisions set outcome = 'reject' where number = 1",
      'update decisions set number = 7 where number = 1',
      'update decisions set position = 7 where number = 1',
      "update decisions set record = '{}'",
      "update decisions set sha256 = 'x'",
      'update decisions set kept_until = 0',
      'delete from decisions where number = 2',
      'delete from decisions',
    ])
      await assert.rejects(execute(options, [text]), /a decision/, text)
    assert.equal((await verifyDecisions(store, null)).ok, true)
  })

  test('a changed byte in any column of a decision is found', async (t) => {
    const { options, store } = await begin(t, 3)
    // A random byte may already be 0, and then the change writes 1.
    const blob = (column: string) =>
      engine === 'sqlite'
        ? `cast(substr(${column}, 1, 20) || iif(substr(${column}, 21, 1) = x'00', x'01', x'00') || substr(${column}, 22) as blob)`
        : `set_byte(${column}, 20, (get_byte(${column}, 20) + 1) % 256)`
    const changes = [
      ["update decisions set outcome = 'reject' where number = 2", 2],
      ["update decisions set record = replace(record, 'invite', 'invitE') where number = 2", 2],
      [
        "update decisions set sha256 = (case substr(sha256, 1, 1) when '0' then '1' else '0' end) || substr(sha256, 2) where number = 2",
        2,
      ],
      ['update decisions set at = at + 1 where number = 2', 2],
      ['update decisions set kept_until = kept_until - 1 where number = 2', 2],
      ["update decisions set run_id = 'run_x' where number = 2", 2],
      ["update decisions set oversight = 'agreed' where number = 2", 2],
      ["update decisions set first_id = 'run_x' where number = 2", 2],
      [`update decisions set call = '["decision",9]' where number = 2`, 2],
      ["update decisions set subject_hash = 'x' where number = 2", 2],
      ['update decisions set subject_hash = null where number = 2', 2],
      // The same JSON value in another spelling.
      ["update decisions set record = replace(record, ':2,', ': 2,') where number = 2", 2],
      ['update decisions set erased_at = 1 where number = 2', 2],
      ['update decisions set data = null where number = 2', 2],
      [`update decisions set data = ${blob('data')} where number = 2`, 2],
      [`update decision_attributes set data = ${blob('data')} where decision_id = 'dec_0000000002'`, 2],
      ["update decision_attributes set workflow_id = 'wf_x' where decision_id = 'dec_0000000002'", 2],
      ["delete from decision_attributes where decision_id = 'dec_0000000002'", 2],
      ['delete from decisions where number = 2', 2],
      ['delete from decisions where number = 3', 3],
      ['update decisions set number = 9 where number = 3', 3],
      ['update decisions set position = position + 7 where number = 3', 3],
      ['update decisions set position = position + 4294967296 where number = 2', 2],
    ] as const
    const tables = ['decisions', 'decision_attributes']
    await execute(options, [
      ...dropTriggers,
      ...tables.map((table) => `create table saved_${table} as select * from ${table}`),
    ])
    for (const [statement, number] of changes) {
      await execute(options, [statement])
      const { ok, first_broken: broken } = await verifyDecisions(store, null)
      assert.deepEqual([ok, broken?.number], [false, number], `${statement}: ${JSON.stringify(broken)}`)
      for (const table of tables)
        await execute(options, [`delete from ${table}`, `insert into ${table} select * from saved_${table}`])
    }
    assert.equal((await verifyDecisions(store, null)).ok, true)
  })

  test('a changed time of an erasure is found, and an erasure that the server did not make', async (t) => {
    const { options, store } = await begin(t, 3)
    await store.privacy.erasePerson({ id: 'ers_1', by: AUTOMATION, at: 9000, value: 'person2@example.com', runIds: [] })
    assert.deepEqual(await verifyDecisions(store, null), { checked: 3, ok: true, first_broken: null })
    await execute(options, dropTriggers)
    for (const [change, undo, number] of [
      ['erased_at = 9001 where number = 2', 'erased_at = 9000 where number = 2', 2],
      ["first_id = 'run_x' || first_id where number = 2", 'first_id = substr(first_id, 6) where number = 2', 2],
      ['data = null, subject_hash = null, erased_at = 9000 where number = 3', null, 3],
    ] as const) {
      await execute(options, [`update decisions set ${change}`])
      if (number === 3) await execute(options, ["delete from decision_attributes where decision_id = 'dec_0000000003'"])
      assert.equal((await verifyDecisions(store, null)).first_broken?.number, number, change)
      if (undo !== null) await execute(options, [`update decisions set ${undo}`])
    }
  })

  test('decisions whose chain was deleted or renamed are found, and so are anchors without a chain', async (t) => {
    const { options, store, workflow } = await begin(t, 2)
    const [chain] = await store.decisions.listChains(null)
    assert.ok(chain !== undefined)
    const isMissing = async (workflowId: string | null) => {
      const { ok, first_broken: broken } = await verifyDecisions(store, workflowId)
      return !ok && broken?.reason === `the chain of ${workflow.id} is missing`
    }
    await execute(options, ["update decision_chains set workflow_id = 'wf_x', last_number = 0"])
    assert.ok(await isMissing(workflow.id))
    await execute(options, ['delete from decision_chains'])
    assert.ok(await isMissing(null))
    await store.decisions.anchorChains([{ workflowId: chain.workflowId, ...chain.head }], 5000, AUTOMATION)
    await execute(options, [...dropTriggers, 'delete from decisions'])
    assert.ok(await isMissing(workflow.id))
    assert.ok(await isMissing(null))
    assert.equal((await verifyDecisions(store, 'wf_other')).ok, true)
  })

  test('a chain that ends before its anchor is found, even if its head was changed too', async (t) => {
    const { options, store } = await begin(t, 3)
    const [chain] = await store.decisions.listChains(null)
    assert.ok(chain !== undefined)
    await store.decisions.anchorChains([{ workflowId: chain.workflowId, ...chain.head }], 5000, AUTOMATION)
    assert.equal((await verifyDecisions(store, null)).ok, true)
    const [second] = await store.decisions.readChain(chain.workflowId, 1, 1)
    await execute(options, [
      ...dropTriggers,
      'delete from decisions where number = 3',
      `update decision_chains set last_number = 2, last_sha256 = '${second?.sha256}'`,
    ])
    assert.match((await verifyDecisions(store, null)).first_broken?.reason ?? '', /an anchor names number 3/)
  })

  test('decisions are emptied at their time, and the chain then begins later', async (t) => {
    const { store, workflow, run } = await begin(t)
    const at = 1_700_000_000_000
    await decide(store, run, 1, { keepDays: 30, at })
    await decide(store, run, 2, { keepDays: 60, at: at + 1 })
    await decide(store, run, 3, { keepDays: 30, at: at + 2 })
    const expire = (days: number, keepDays: number | null = 30) =>
      store.decisions.expire(workflow.id, keepDays, at + days * DAY_MS + 10, 100)
    assert.equal(await expire(29), 0)
    assert.equal(await expire(31, 1460), 0)
    assert.equal(await expire(31), 2)
    assert.deepEqual(await numbers(store), [3, 2])
    const third = (await store.decisions.readChain(workflow.id, 2, 1))[0]
    assert.deepEqual([third?.content, typeof third?.erasedAt], [null, 'string'])
    assert.equal(await expire(31), 0)
    assert.deepEqual(await verifyDecisions(store, null), { checked: 2, ok: true, first_broken: null })
    await expire(61, null)
    assert.deepEqual(await verifyDecisions(store, null), { checked: 0, ok: true, first_broken: null })
    await decide(store, run, 4)
    assert.deepEqual(await numbers(store), [4])
    assert.equal((await verifyDecisions(store, null)).ok, true)
  })

  test('an erasure empties the decisions of a person, and those of runs about one person only', async (t) => {
    const { store, workflow, run } = await begin(t, 2)
    const one = await addRun(store, workflow.id, { durable: true, startedAt: 1000 })
    await decide(store, one, 3, { subject: 'ana@example.com', attributes: { sex: 'female' } })
    const many = await addRun(store, workflow.id, { durable: true, startedAt: 1000 })
    await decide(store, many, 4, { subject: 'ana@example.com' })
    await decide(store, many, 5, { subject: 'bo@example.com' })
    for (const { id } of [run, one, many])
      await finish(store, { id, workflowId: workflow.id, part: partOf(id, workflow.id) }, outcome())
    assert.deepEqual(
      (await store.decisions.findAbout('ANA@example.com')).map(({ id }) => id),
      ['dec_0000000003', 'dec_0000000004'],
    )
    const erasure = { id: 'ers_1', by: AUTOMATION, at: 9000 }
    const first = await store.privacy.erasePerson({ ...erasure, value: '+33612345678', runIds: [one.id, many.id] })
    assert.deepEqual(first !== null && 'decisions' in first && first.decisions, ['dec_0000000003'])
    const second = await store.privacy.erasePerson({ ...erasure, id: 'ers_2', value: 'ana@example.com', runIds: [] })
    assert.deepEqual(second !== null && 'decisions' in second && second.decisions, ['dec_0000000004'])
    const erased = await store.decisions.get('dec_0000000003')
    assert.deepEqual([erased?.content, erased?.record.outcome], [null, 'invite'])
    assert.deepEqual(await verifyDecisions(store, null), { checked: 5, ok: true, first_broken: null })
    const groups = await groupOutcomes(store, {}, ['sex'])
    const counts = new Map(groups.map(({ attributes, count }) => [attributes?.sex ?? 'unknown', count]))
    assert.deepEqual([counts.get('female'), counts.get('male'), counts.get('unknown')], [1, 1, 3])
  })

  test('decisions outlive their workflow and its runs', async (t) => {
    const { store, workflow, run } = await begin(t, 1)
    await finish(store, { ...run, part: partOf(run.id, workflow.id) }, outcome())
    await store.workflows.update(workflow.id, { archived: true }, 5000)
    const entry = { at: 5000, by: AUTOMATION, action: 'workflow.delete', workflowId: workflow.id, detail: '' }
    assert.equal(await store.upkeep.deleteWorkflow(workflow.id, entry), 'deleted')
    assert.equal((await store.decisions.list({}, FIRST_PAGE)).data[0]?.content?.subject, 'person1@example.com')
    assert.equal((await verifyDecisions(store, workflow.id)).checked, 1)
  })
})
