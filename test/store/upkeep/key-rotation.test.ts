import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import { verifyDecisions } from '../../../src/runs/decisions/verify-decisions.ts'
import { createStore } from '../../../src/store/create-store.ts'
import type { DatabaseOptions } from '../../../src/store/database/database.ts'
import { openDatabase } from '../../../src/store/database/engines/open.ts'
import { NEWEST_MIGRATION } from '../../../src/store/database/migrations/migrate.ts'
import { appendDecision } from '../../../src/store/decisions/append.ts'
import { emptyDecisions } from '../../../src/store/decisions/erase.ts'
import { insertProposal } from '../../../src/store/decisions/proposals.ts'
import type { NewRun } from '../../../src/store/runs/rows/records.ts'
import { createKeyring, keyIdOf, keyIdOfSecret } from '../../../src/store/secrets/encryption.ts'
import { loadSecretKey, prepareNextKey } from '../../../src/store/secrets/secret-key.ts'
import type { Store } from '../../../src/store/store.ts'
import { rotateKey } from '../../../src/store/upkeep/key-rotation.ts'
import { createDirectory, forEachDatabase } from '../../helpers/databases.ts'
import {
  addRun,
  addWorkflow,
  finish,
  historyOf,
  newId,
  newRun,
  outcome,
  PERSON,
  patchOf,
  putSetting,
  settingsOf,
} from '../../helpers/store-data.ts'

/** No accounts here have two-factor. */
const renewAccounts = async (data: string): Promise<string> => data

async function open(t: TestContext, options: DatabaseOptions, secretKey: Buffer): Promise<Store> {
  const store = await createStore({ ...options, keyring: createKeyring(secretKey), serverId: newId('run') })
  let isOpen = true
  const close = async () => {
    if (isOpen) await store.close()
    isOpen = false
  }
  t.after(close)
  return { ...store, close }
}

const decisionOf = (number: number) => ({
  id: `dec_${number}`,
  workflowName: 'Screen',
  version: 1,
  sourceSha256: 'a'.repeat(64),
  lockSha256: null,
  keepDays: 1460,
  given: {
    subject: `person${number}@example.com`,
    outcome: 'invite',
    reasons: ['5 years'],
    inputs: null,
    model: null,
    score: null,
    attributes: { sex: 'female' },
  },
  salt: 'b'.repeat(32),
  attributesSalt: 'c'.repeat(32),
})

/** Two workflows with more values than one batch holds, a deleted key, and a hook's secret. */
async function fill(store: Store): Promise<readonly string[]> {
  const guarded = { senderCheck: { scheme: 'github', tolerance_seconds: 300 }, senderSecrets: 1 } as const
  const [one, two] = [(await addWorkflow(store, guarded, ['shared'])).id, (await addWorkflow(store)).id]
  const many = Object.fromEntries(Array.from({ length: 230 }, (_, index) => [`k${index}`, index]))
  await finish(store, await addRun(store, one), outcome({ patch: patchOf(many) }))
  await putSetting(store, two, 'token', 'first')
  await putSetting(store, two, 'token', 'open sesame', true)
  await putSetting(store, two, 'gone', 1)
  await store.settings.delete({ workflowId: two, key: 'gone', by: PERSON, at: 4000 })
  return [one, two]
}

/** In every table: a new kind of secret has to be rotated too. */
async function assertNothingUnder(options: DatabaseOptions, secretKey: Buffer): Promise<void> {
  const database = await openDatabase(options)
  try {
    for (const { name } of await database.read((db) => db.introspection.getTables())) {
      const { rows } = await database.read((db) =>
        sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(db),
      )
      for (const [column, value] of rows.flatMap((row) => Object.entries(row))) {
        const isUnder = value instanceof Uint8Array && keyIdOf(value) === keyIdOfSecret(secretKey)
        assert.ok(!isUnder, `${name}.${column} is under the former key`)
      }
    }
  } finally {
    await database.close()
  }
}

/** Stores a step and an early event of a run, which then waits for another event and for a run. */
async function waitForAll(store: Store, run: NewRun, called: NewRun): Promise<void> {
  const part = { runId: run.id, firstId: run.id, workflowId: run.workflowId, attempt: 1, part: 1 }
  const call = { kind: 'step', name: 'draw', number: 1, status: 'done', json: '"secret"', attempts: 1 } as const
  const patch = { set: new Map(), deleted: [] }
  const shared = { part, workflowName: 'Test', keepSettings: true, snapshot: new Map(), at: 2000 }
  await store.runs.commitStep({ ...shared, call: { ...call, startedAt: 1000, patch }, shown: '"***"' })
  const early = { firstId: run.id, name: 'early', json: '{"n":1}', shown: '{}', by: null, now: 2000 }
  assert.equal(await store.runs.receiveEvent(early), 'received')
  const wait = { number: 1, until: 9_000_000, attempts: 0 }
  const waits = [
    { ...wait, kind: 'event', name: 'signed', json: '["signed"]' },
    { ...wait, kind: 'run', name: 'other', json: '{"workflow":"other"}' },
  ] as const
  const children = [{ call: { kind: 'run', name: 'other', number: 1 }, run: called }] as const
  const nothing = { questions: new Map(), proposals: new Map(), logs: [] }
  assert.ok(await store.runs.suspend({ part, waits, children, ...nothing, at: 3000 }))
}

async function endWithOriginal(store: Store, { id: runId, workflowId }: NewRun): Promise<void> {
  await store.runs.claim(1, 6000, [])
  const original = { message: null, response: { status: 200, headers: [], body: 'original' } }
  const end = { isCatch: true, mayAlert: false, snapshot: new Map(), keepSettings: true, workflowName: 'Test' }
  await store.runs.finish({ ...end, runId, workflowId, outcome: outcome(), part: null, finishedAt: 9000, original })
}

forEachDatabase(({ createDatabase }) => {
  test('a rotation brings every value and its history under the new key, and the former one reads nothing more', async (t) => {
    const options = await createDatabase(t)
    const [current, next] = [randomBytes(32), randomBytes(32)]
    const store = await open(t, options, current)
    const [one = '', two = ''] = await fill(store)
    const before = [await settingsOf(store, one), await settingsOf(store, two), await historyOf(store, two, 'gone')]
    const decisionKey = await store.decisions.getKey()
    await store.close()
    let commits = 0
    const count = await rotateKey(options, { current, next, renewAccounts, commit: () => (commits += 1) })
    // 230 and 1 settings; 230, 1 and 1 changes of theirs that have a value (one in clear went when its key became secret); the hook’s secret.
    assert.deepEqual([count, commits], [464, 1])
    await assert.rejects(open(t, options, current), { name: 'StartError', message: /^The secret key does not fit/ })
    const again = await open(t, options, next)
    const after = [await settingsOf(again, one), await settingsOf(again, two), await historyOf(again, two, 'gone')]
    assert.deepEqual(after, before)
    assert.deepEqual(await again.senders.getSecrets(one), ['shared'])
    assert.deepEqual(await again.decisions.getKey(), decisionKey)
    await again.close()
    await assertNothingUnder(options, current)
  })

  test('tables of a newer or older release are not rotated, and nothing is changed', async (t) => {
    const options = await createDatabase(t)
    const [current, next] = [randomBytes(32), randomBytes(32)]
    const keys = { current, next, renewAccounts, commit: () => assert.fail('the key was replaced') }
    await (await open(t, options, current)).close()
    for (const [number, advice] of [
      [NEWEST_MIGRATION + 1, /with the newer release/],
      [NEWEST_MIGRATION - 1, /npm run upgrade/],
    ] as const) {
      const database = await openDatabase(options)
      await database.write(async (db) => {
        await db.deleteFrom('schema_migrations').where('number', '>=', NEWEST_MIGRATION).execute()
        const row = { number, name: 'x', applied_at: 1 }
        await db
          .insertInto('schema_migrations')
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .execute()
      })
      await database.close()
      await assert.rejects(rotateKey(options, keys), { name: 'StartError', message: advice })
    }
    const database = await openDatabase(options)
    const marks = await database.read((db) =>
      db.selectFrom('meta').where('key', '=', 'key-rotation').selectAll().execute(),
    )
    await database.close()
    assert.deepEqual(marks, [])
  })

  test('ST103 waiting runs, and answers that a calling run has not read, are readable under the new key, and URLs stay', async (t) => {
    const options = await createDatabase(t)
    const [current, next] = [randomBytes(32), randomBytes(32)]
    const store = await open(t, options, current)
    const { id: workflowId } = await addWorkflow(store)
    const original = { method: 'POST', url: '/hooks/x', query: '', headers: [], body: Buffer.from('original') }
    const run = await addRun(store, workflowId, { durable: true, startedAt: 1000, request: original, original })
    const called = newRun(workflowId, { trigger: 'run', startedAt: null, waits: true })
    await waitForAll(store, run, called)
    await endWithOriginal(store, called)
    const part = { runId: run.id, firstId: run.id, workflowId, attempt: 1, part: 2 }
    const read = async (from: Store) => [
      await from.runs.loadSteps(part),
      await from.privacy.findOriginal(run.id),
      await from.privacy.readAnswer(called.id),
      await from.runs.getWaitKey(),
    ]
    const before = await read(store)
    assert.ok(before.every((value) => value !== null))
    await store.close()
    await rotateKey(options, { current, next, renewAccounts, commit: () => {} })
    const again = await open(t, options, next)
    assert.deepEqual(await read(again), before)
    await again.close()
    await assertNothingUnder(options, current)
  })

  test('decisions, erased ones and proposals are read with the new key, and the chain is whole', async (t) => {
    const options = await createDatabase(t)
    const [current, next] = [randomBytes(32), randomBytes(32)]
    const store = await open(t, options, current)
    const { id: workflowId } = await addWorkflow(store)
    await store.close()
    const keyring = createKeyring(current)
    const database = await openDatabase(options)
    const part = { runId: 'run_1', workflowId, firstId: 'run_1' }
    for (const number of [1, 2]) {
      const decision = decisionOf(number)
      const call = { name: 'decision', number }
      const append = { part, call, decision, subjectHash: `hash${number}`, at: 1000, overseen: null }
      await database.write((db) => appendDecision(db, keyring, append))
    }
    const proposal = { decision: decisionOf(3), subjectHash: 'hash3', reasonRequired: false }
    const call = { name: 'decision', number: 3 }
    await database.write((db) => insertProposal(db, keyring, { taskId: 'task_1', part, call, proposal, now: 1000 }))
    await database.write((db) => emptyDecisions(db, keyring, ['dec_2'], 2000))
    await database.close()
    await rotateKey(options, { current, next, renewAccounts, commit: () => {} })
    const again = await open(t, options, next)
    assert.deepEqual(await verifyDecisions(again, workflowId), { checked: 2, ok: true, first_broken: null })
    assert.equal((await again.decisions.get('dec_1'))?.content?.subject, 'person1@example.com')
    assert.equal((await again.decisions.get('dec_2'))?.content, null)
    const [pending] = (await again.decisions.listPending({ workflowId }, { limit: 1, cursor: null })).data
    assert.equal(pending?.decision.given.subject, 'person3@example.com')
  })

  test('a rotation that was interrupted keeps servers out, and goes on when it is called again', async (t) => {
    const options = await createDatabase(t)
    const [current, next] = [randomBytes(32), randomBytes(32)]
    const store = await open(t, options, current)
    const [one = '', two = ''] = await fill(store)
    await store.close()
    const interrupt = () => {
      throw new Error('the power went')
    }
    await assert.rejects(rotateKey(options, { current, next, renewAccounts, commit: interrupt }), /the power went/)
    for (const key of [current, next]) {
      await assert.rejects(open(t, options, key), { name: 'StartError', message: /npm run rotate-key/ })
    }
    assert.equal(
      await rotateKey(options, { current, next, renewAccounts, commit: () => {} }),
      0,
      'what was done is done',
    )
    const again = await open(t, options, next)
    assert.equal((await settingsOf(again, one)).k229, 229)
    assert.deepEqual(await settingsOf(again, two), { token: 'open sesame' })
  })

  test('a value that neither key reads stops the rotation by name, and the others are kept', async (t) => {
    const options = await createDatabase(t)
    const [current, next] = [randomBytes(32), randomBytes(32)]
    const store = await open(t, options, current)
    const [, two = ''] = await fill(store)
    await store.close()
    const database = await openDatabase(options)
    await database.write((db) =>
      db
        .updateTable('settings')
        .set({ value: Buffer.alloc(40, 1) })
        .where('workflow_id', '=', two)
        .execute(),
    )
    await database.close()
    const rotation = rotateKey(options, { current, next, renewAccounts, commit: () => assert.fail('it is not over') })
    await assert.rejects(rotation, {
      name: 'StartError',
      message: new RegExp(`^The setting "token" of ${two} cannot be read`),
    })
  })

  test('keys of which neither fits change nothing', async (t) => {
    const options = await createDatabase(t)
    const current = randomBytes(32)
    await (await open(t, options, current)).close()
    const foreign = {
      renewAccounts,
      current: randomBytes(32),
      next: randomBytes(32),
      commit: () => assert.fail('nothing was done'),
    }
    await assert.rejects(rotateKey(options, foreign), { name: 'StartError', message: /nothing was changed/ })
    await (await open(t, options, current)).close()
  })

  test('while a server works, its key is not rotated', async (t) => {
    const options = await createDatabase(t)
    const [current, next] = [randomBytes(32), randomBytes(32)]
    const store = await open(t, options, current)
    const rotation = rotateKey(options, { current, next, renewAccounts, commit: () => assert.fail('nothing was done') })
    await assert.rejects(rotation, { name: 'StartError', message: /server/ })
    await store.close()
    await (await open(t, options, current)).close()
  })

  test('A15 S18 a wrong key is refused at the start, and the data are as they were', async (t) => {
    const options = await createDatabase(t)
    const [current, wrong] = [randomBytes(32), randomBytes(32)]
    const store = await open(t, options, current)
    const [, two = ''] = await fill(store)
    await store.close()
    const dump = async () => {
      const database = await openDatabase(options)
      const tables = ['meta', 'settings', 'setting_changes', 'servers', 'schema_migrations'] as const
      const rows = await Promise.all(
        tables.map((table) => database.read((db) => db.selectFrom(table).selectAll().execute())),
      )
      await database.close()
      return rows
    }
    const before = await dump()
    await assert.rejects(open(t, options, wrong), {
      name: 'StartError',
      message: new RegExp(`under key ${keyIdOfSecret(current)}, found ${keyIdOfSecret(wrong)}`),
    })
    assert.deepEqual(await dump(), before)
    assert.deepEqual(await settingsOf(await open(t, options, current), two), { token: 'open sesame' })
  })
})

test('an empty database is not rotated', async (t) => {
  const options = { databaseUrl: null, dataDir: createDirectory(t) }
  const keys = { current: randomBytes(32), next: randomBytes(32), renewAccounts, commit: () => {} }
  await assert.rejects(rotateKey(options, keys), { name: 'StartError', message: /^The database is empty/ })
})

test('A15 a key file that is missing beside a database is not created again', (t) => {
  const dataDir = createDirectory(t)
  assert.throws(() => loadSecretKey(dataDir, false), { name: 'StartError', message: /secret\.key back/ })
  assert.deepEqual(readdirSync(dataDir), [])
})

test('the next key is one file until it is the key, and the former one stays beside it', (t) => {
  const dataDir = createDirectory(t)
  const current = loadSecretKey(dataDir, true)
  const first = prepareNextKey(dataDir, current)
  const resumed = prepareNextKey(dataDir, current)
  assert.deepEqual(resumed.next, first.next, 'a rotation that is called again goes to the same key')
  assert.deepEqual(loadSecretKey(dataDir, false), current)
  resumed.commit()
  assert.deepEqual(loadSecretKey(dataDir, false), first.next)
  const former = join(dataDir, `secret.key.${keyIdOfSecret(current)}`)
  assert.equal(readFileSync(former, 'utf8').trim(), current.toString('base64'))
  for (const file of [former, join(dataDir, 'secret.key')]) assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(existsSync(join(dataDir, 'secret.key.next')), false)
})
