import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { createQueries } from '../../../../src/store/database/engines/sqlite-dialect.ts'
import { findOldest } from '../../../../src/store/runs/queue/oldest.ts'
import { countWaiting, nextWakeAt } from '../../../../src/store/runs/steps/read.ts'
import { wakeDue } from '../../../../src/store/runs/steps/wake.ts'
import { createDirectory, openStore } from '../../../helpers/databases.ts'

test('SQLite finds the next queued and waiting runs by an index, without sorting all of them', async (t) => {
  const dataDir = createDirectory(t)
  await openStore(t, { databaseUrl: null, dataDir })
  const connection = new DatabaseSync(join(dataDir, 'workflows.db'))
  t.after(() => connection.close())
  const asked: string[] = []
  const db = createQueries(connection, (sql) => {
    asked.push(sql)
    return null
  })
  await nextWakeAt(db)
  await wakeDue(db, 1000, 100)
  await countWaiting(db, null)
  await findOldest(db, { limit: 10, now: 1000, skip: [] })
  assert.equal(asked.length, 4)
  for (const sql of asked) {
    const plan = connection
      .prepare(`explain query plan ${sql}`)
      .all()
      .map(({ detail }) => String(detail))
    assert.ok(
      plan.some((step) => /runs USING (COVERING )?INDEX runs_(waiting|queued)/.test(step)),
      plan.join('\n'),
    )
    assert.ok(!plan.some((step) => step.includes('TEMP B-TREE')), plan.join('\n'))
  }
})
