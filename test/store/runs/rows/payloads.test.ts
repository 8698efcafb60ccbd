import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { openDatabase } from '../../../../src/store/database/engines/open.ts'
import {
  packBytes,
  packText,
  unpackBytes,
  unpackBytesAside,
  unpackSmall,
  unpackText,
} from '../../../../src/store/runs/rows/payloads.ts'
import { forEachDatabase, openStore } from '../../../helpers/databases.ts'
import { addRun, addWorkflow, FIRST_PAGE, finish, outcome } from '../../../helpers/store-data.ts'

const LARGE = JSON.stringify(Array.from({ length: 1000 }, (_, id) => ({ id, name: `Candidate é🐍 ${id}` })))

test('what is packed comes back as it was, large or small, text or noise', async () => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from('small'),
    Buffer.from(LARGE),
    randomBytes(10_000),
    randomBytes(600_000),
  ]) {
    assert.deepEqual(Buffer.from(unpackBytes(await packBytes(bytes)) ?? []), bytes)
  }
  for (const text of [null, '', 'small', LARGE, LARGE.repeat(10)]) assert.equal(unpackText(await packText(text)), text)
})

test('what would unpack to more than is asked for is not unpacked', async () => {
  const { packed } = await packBytes(Buffer.alloc(8 * 1024 * 1024))
  assert.ok(packed !== null && packed.length < 4096, `${packed?.length}`)
  assert.equal(unpackSmall(packed, 64 * 1024), null)
  assert.equal(unpackSmall(packed, 8 * 1024 * 1024)?.length, 8 * 1024 * 1024)
})

test('large payloads that are read at the same time end in different turns of the event loop', async () => {
  const { plain, packed } = await packBytes(Buffer.alloc(8 * 1024 * 1024))
  let turns = 0
  const turn = () => {
    turns += 1
    counting = setImmediate(turn)
  }
  let counting = setImmediate(turn)
  const reads = Array.from({ length: 10 }, async () => {
    const bytes = await unpackBytesAside({ plain, packed })
    return [bytes?.length, turns]
  })
  const ends = await Promise.all(reads)
  clearImmediate(counting)
  assert.deepEqual(new Set(ends.map(([length]) => length)), new Set([8 * 1024 * 1024]))
  assert.equal(new Set(ends.map(([, at]) => at)).size, 10)
})

test('small payloads and those that do not shrink stay as they are', async () => {
  for (const bytes of [Buffer.alloc(4095, 'x'), randomBytes(8192), randomBytes(600_000)]) {
    const { plain, packed } = await packBytes(bytes)
    assert.deepEqual([plain, packed], [bytes, null])
  }
  const { plain, packed } = await packText(LARGE)
  assert.equal(plain, null)
  assert.ok(packed !== null && packed.length < LARGE.length / 4)
})

forEachDatabase(({ createDatabase }) => {
  test('bodies, answers and logs are stored compressed and read as they were', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const { id } = await addWorkflow(store)
    const request = { method: 'POST', url: '/', query: '', headers: [], body: Buffer.from(LARGE) }
    const response = { status: 200, headers: [], body: LARGE }
    const logs = Array.from({ length: 500 }, (_, at) => ({ at, stream: 'stdout', text: `line ${at}` }) as const)
    const run = await addRun(store, id, { request, startedAt: null })
    const [claimed] = await store.runs.claim(1, 6000, [])
    assert.deepEqual(claimed?.request?.body, request.body)
    await finish(store, run, outcome({ response, logs }))
    const stored = await store.runs.get(run.id)
    assert.deepEqual([stored?.request, stored?.response], [request, response])
    for (const text of ['🐍 999', 'line 499']) {
      const found = await store.runs.search({ workflowId: id }, text, FIRST_PAGE)
      assert.deepEqual(
        found.data.map((one) => one.id),
        [run.id],
        `compressed, ${text} is found all the same`,
      )
    }
    assert.deepEqual((await store.runs.listLogs(run.id, { limit: 1000, cursor: null })).data, logs)
    await store.close()
    const database = await openDatabase(options)
    t.after(() => database.close())
    const rows = [
      await database.read((db) => db.selectFrom('run_requests').selectAll().executeTakeFirstOrThrow()),
      await database.read((db) => db.selectFrom('run_results').selectAll().executeTakeFirstOrThrow()),
    ]
    const sizes = rows
      .flatMap((row) => Object.values(row))
      .map((value) => (typeof value === 'number' || value === null ? 0 : value.length))
    assert.ok(sizes.reduce((sum, size) => sum + size, 0) < (LARGE.length * 2) / 4, `stored: ${sizes}`)
  })

  test('rows of former versions, never compressed, stay readable', async (t) => {
    const options = await createDatabase(t)
    const store = await openStore(t, options)
    const run = await addRun(store, (await addWorkflow(store)).id)
    await store.close()
    const database = await openDatabase(options)
    await database.write(async (db) => {
      const head_json = JSON.stringify({ method: 'POST', url: '/', query: '', headers: [] })
      await db
        .insertInto('run_requests')
        .values({ run_id: run.id, head_json, body: Buffer.from(LARGE), redacted: 0 })
        .execute()
      const result_json = JSON.stringify({ traceback: null, response: null, result: LARGE })
      const logs_json = JSON.stringify([[1, 'stdout', LARGE]])
      await db.insertInto('run_results').values({ run_id: run.id, result_json, logs_json }).execute()
    })
    await database.close()
    const again = await openStore(t, options)
    const stored = await again.runs.get(run.id)
    assert.deepEqual([stored?.request?.body.toString(), stored?.result], [LARGE, LARGE])
    assert.equal((await again.runs.listLogs(run.id, FIRST_PAGE)).data[0]?.text, LARGE)
  })
})
