/** The common list of what functions do, on the default Python. Others: pythons.test.ts, other sandboxes: sandboxes.test.ts. */

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { listPythons, openPool } from '../helpers/pool.ts'
import { CASES } from './cases.ts'
import { checkCase } from './check-case.ts'

const pool = await openPool({ spares: false })
after(() => pool.close())
const [python = assert.fail('there is no Python')] = listPythons(pool)
assert.ok(python.usable, python.reason ?? '')

describe(`${python.name} (${python.version})`, { concurrency: 2 }, () => {
  for (const item of CASES) test(item.name, async () => void (await checkCase(pool, item, python)))
})
