import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Pool } from '../../src/workers/pool.ts'
import { functionSource, makeJob, openPool } from '../helpers/pool.ts'
import { CASES, type Case } from './cases.ts'

const pool: Pool = await openPool({ spares: false })
after(() => pool.close())

for (const { name, version, usable, reason } of pool.listRuntimes()) {
  describe(`${name} (${version})`, { concurrency: 2 }, () => {
    before(() => assert.ok(usable, reason ?? ''))
    for (const item of CASES) test(item.name, () => check(item, name, Number(version.split('.')[1])))
  })
}

async function check(item: Case, runtime: string, minor: number): Promise<void> {
  const source = functionSource(item.function)
  const outcome = await pool.execute(makeJob({ source, runtime, versionKey: item.function, ...item.job }))
  const { status, code, message, traceback } = outcome
  const expected = code !== null && item.orElse?.includes(code) ? code : item.code
  assert.deepEqual({ status, code }, { status: item.status, code: expected }, `${message}\n${traceback}`)
  if (item.message !== undefined) assert.match(message ?? '', item.message)
  item.check?.(outcome, { minor })
}
