import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KyselyPlugin } from 'kysely'
import { insertAudit } from '../../../src/store/audit/audit.ts'
import type { Database } from '../../../src/store/database/database.ts'
import { openDatabase } from '../../../src/store/database/engines/open.ts'
import { bit, type Db, toBytes } from '../../../src/store/database/tables/tables.ts'
import { createTasks } from '../../../src/store/tasks/tasks.ts'
import { forEachDatabase, openSql, openStore, TEST_KEYRING } from '../../helpers/databases.ts'
import { addWorkflow, PERSON } from '../../helpers/store-data.ts'

const NOW = 1_800_000_000_000
const HOUR_MS = 3_600_000
const EMAIL = 'ada@example.com'
const OTHER = { id: 'person_2', email: 'grace@example.com' }

const STARTED = 'You started this run, or continued it, so another person must answer.'
const DEPLOYED = 'You made or deployed this version less than 24 hours ago, so another person must decide.'
const NOT_ASKED = 'The task does not ask you.'

/** Each kind of task, by its number. The first workflow was deployed by a key of the viewer. */
const isStarter = (number: number) => number % 7 === 3
const decides = (number: number) => number % 2 === 0
const asks = (number: number) => (number % 5 === 4 ? 'editors' : number % 3 === 1 ? EMAIL : 'owners')
const expected = (number: number): string | null => {
  if (isStarter(number)) return STARTED
  if (decides(number) && number % 3 === 0) return DEPLOYED
  return asks(number) === 'editors' ? NOT_ASKED : null
}

async function addTask(db: Db, number: number, workflow_id: string): Promise<void> {
  const id = `task_${String(number).padStart(4, '0')}`
  const run = { run_id: `run_${number}`, first_id: `run_${number}`, workflow_id }
  const shown = { title: `Task ${number}`, text: null, data: null, choices: ['yes'], fields: null, to: null }
  const named = { name_json: '"a"', shown: toBytes(JSON.stringify(shown)), answer: null }
  const times = { created_at: NOW + number, due_at: NOW + HOUR_MS }
  await db
    .insertInto('tasks')
    .values({ id, ...run, ...named, status: 'open', ...times })
    .execute()
  await db
    .insertInto('task_people')
    .values({ who: asks(number), task_id: id })
    .execute()
  const starter = isStarter(number) ? { id: PERSON.id, email: EMAIL } : OTHER
  await db
    .insertInto('run_starters')
    .values({ run_id: run.first_id, person_id: starter.id, email: starter.email })
    .execute()
  if (!decides(number)) return
  const ended = { ended_at: null, outcome: null, reviewer_id: null, reviewer_name: null, subject_hash: null }
  const proposal = { decision_id: `dec_${number}`, call: '["a",1]', proposed: 'reject', data: null }
  const kept = { reason_required: bit(true), created_at: NOW, kept_until: NOW + HOUR_MS }
  await db
    .insertInto('decision_proposals')
    .values({ task_id: id, ...run, ...proposal, status: 'pending', ...ended, ...kept })
    .execute()
}

async function addPeople(db: Db, workflows: readonly string[]): Promise<void> {
  for (const { id, email } of [{ id: PERSON.id, email: EMAIL }, OTHER]) {
    await sqlPerson(db, id, email)
  }
  const key = { id: 'key_1', name: 'k', prefix: 'p', hash: 'h', created_at: NOW, scopes_json: '[]' }
  const unused = { last_used_at: null, revoked_at: null, expires_at: null }
  await db
    .insertInto('api_keys')
    .values({ ...key, ...unused, created_by_json: JSON.stringify(PERSON) })
    .execute()
  const byKey = { type: 'api_key', id: 'key_1', name: 'k' } as const
  const by = [
    byKey,
    { type: 'person', id: OTHER.id, name: 'Grace' },
    { type: 'person', id: 'gone', name: 'X' },
  ] as const
  for (const [index, workflowId] of workflows.entries())
    await insertAudit(db, { at: NOW, by: by[index] ?? byKey, action: 'version.deploy', workflowId, detail: '1' })
}

const sqlPerson = async (db: Db, id: string, email: string) => {
  const dated = { emailVerified: 1, createdAt: '', updatedAt: '', twoFactorEnabled: 0 } as const
  await db
    .insertInto('user')
    .values({ id, name: id, email, role: 'owner', ...dated })
    .execute()
}

/** Counts the queries of its reads. */
function counting(database: Database): { readonly database: Database; readonly taken: () => number } {
  let count = 0
  const plugin: KyselyPlugin = {
    transformQuery({ node }) {
      count += 1
      return node
    },
    transformResult: async ({ result }) => result,
  }
  const read: Database['read'] = (query) => database.read((db) => query(db.withPlugin(plugin)))
  const taken = () => {
    const found = count
    count = 0
    return found
  }
  return { database: { ...database, read }, taken }
}

forEachDatabase(({ createDatabase }) => {
  test('a page of 100 tasks takes as many queries as a page of six, and says who may answer which', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const workflows: string[] = []
    for (let index = 0; index < 3; index += 1) workflows.push((await addWorkflow(store)).id)
    await store.close()
    const run = await openSql(t, options)
    const flags = '"emailVerified" integer, "twoFactorEnabled" integer, "createdAt" text, "updatedAt" text'
    await run(`create table "user" (id text primary key, name text, email text, role text, ${flags})`)
    const opened = await openDatabase(options)
    t.after(() => opened.close())
    await opened.write(async (db) => {
      await addPeople(db, workflows)
      for (let number = 0; number < 100; number += 1) await addTask(db, number, workflows[number % 3] ?? '')
    })
    const { database, taken } = counting(opened)
    const tasks = createTasks(database, TEST_KEYRING)
    const viewer = { actor: PERSON, seesAll: true, now: NOW }
    await tasks.list(viewer, { status: 'open' }, { limit: 6, cursor: null })
    const ofSix = taken()
    const { data } = await tasks.list(viewer, { status: 'open' }, { limit: 100, cursor: null })
    assert.equal(taken(), ofSix)
    assert.deepEqual(
      data.map(({ title, whyNot }) => [title, whyNot]),
      Array.from({ length: 100 }, (_, index) => [`Task ${99 - index}`, expected(99 - index)]),
    )
  })
})
