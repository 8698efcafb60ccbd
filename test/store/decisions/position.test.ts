import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { newId } from '../../../src/random.ts'
import { createQueries } from '../../../src/store/database/engines/sqlite-dialect.ts'
import { hasId, newDecisionId, positionOf } from '../../../src/store/decisions/position.ts'
import { createDirectory, openStore } from '../../helpers/databases.ts'

test('SQLite finds a decision of each kind of id without reading the others', async (t) => {
  const dataDir = createDirectory(t)
  await openStore(t, { databaseUrl: null, dataDir })
  const connection = new DatabaseSync(join(dataDir, 'workflows.db'))
  t.after(() => connection.close())
  for (const [id, plan] of [
    [newDecisionId(positionOf(2 ** 20, 2 ** 32 - 1)), 'SEARCH decisions USING INTEGER PRIMARY KEY (rowid=?)'],
    [newId('dec', 1_700_000_000_000), 'SEARCH decisions USING INDEX decisions_by_id (id=?)'],
    ['dec_1', 'SEARCH decisions USING INDEX decisions_by_id (id=?)'],
  ] as const) {
    const { sql } = createQueries(connection).selectFrom('decisions').selectAll().where(hasId(id)).compile()
    const steps = connection.prepare(`explain query plan ${sql}`).all()
    assert.deepEqual(
      steps.map(({ detail }) => detail),
      [plan],
      id,
    )
  }
})
