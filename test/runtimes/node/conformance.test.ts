/** The common list of what functions do (../cases.ts), in JavaScript: the same status, code, answer, settings and logs. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Outcome } from '../../../src/domain/runs/run.ts'
import { makeJob, openPool, printed, runToLimit } from '../../helpers/pool.ts'
import { CASES, type Case } from '../cases.ts'
import { DIFFERENCES, OTHER_GROUPS } from './differences.ts'

const pool = await openPool({ spares: false })
after(() => pool.close())

const sourceOf = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../functions/javascript', `${name}.js`), 'utf8')
const cases = CASES.filter((item) => OTHER_GROUPS[item.function] === undefined)
/** What the platform says itself, with the names of Python's types in it. */
const SUBJECTS: Readonly<Record<string, RegExp>> = {
  invalid_response: /`(status_code|body|headers)`/,
  invalid_settings: /settings\[|key|changed \d+ settings|settings take/,
  timeout: /time limit of/,
  crashed: /signal|exit code/,
  out_of_memory: /limit of \d+ MiB/,
}

describe('F40: functions in JavaScript do what those in Python do', { concurrency: 2 }, () => {
  for (const item of cases) {
    const difference = DIFFERENCES[item.name]
    if (difference?.instead === null) continue
    test(item.name, () => check({ ...item, ...difference?.instead }))
  }
})

test('F40: each difference is of a case on the list, and each case that does not run has a reason', () => {
  const names = new Set(cases.map(({ name }) => name))
  assert.deepEqual(
    Object.keys(DIFFERENCES).filter((name) => !names.has(name) && !/^F(33|37)/.test(name)),
    [],
  )
  assert.ok(Object.values(DIFFERENCES).every(({ reason }) => reason.length > 10))
})

const hasBegun = (outcome: Outcome): boolean => printed(outcome).includes('before')

async function check(item: Case): Promise<void> {
  const source = sourceOf(item.function)
  const job = { source, runtime: 'node24', versionKey: `js ${item.function}`, ...item.job }
  const outcome = item.hasArrived
    ? await runToLimit((timeoutMs) => pool.execute(makeJob({ ...job, timeoutMs })), hasBegun)
    : await pool.execute(makeJob(job))
  const { status, code, message, traceback } = outcome
  const isOther = code !== null && item.orElse?.includes(code) === true
  const expected = isOther ? { status: 'failed', code } : { status: item.status, code: item.code }
  assert.deepEqual({ status, code }, expected, `${message}\n${traceback}`)
  const subject = code === null ? undefined : SUBJECTS[code]
  if (subject !== undefined) assert.match(message ?? '', subject)
  if (code === 'exception' || item.function === 'ends_badly') {
    // The stack has V8's form; of a failure nothing is committed.
    assert.equal(outcome.patch.set.size, 0)
  } else item.check?.(outcome, { minor: 0 })
}
