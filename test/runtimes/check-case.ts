/** Runs a case of the common list on one Python and compares the outcome. */

import assert from 'node:assert/strict'
import type { Outcome } from '../../src/domain/runs/run.ts'
import type { Pool } from '../../src/workers/pool/pool.ts'
import type { Runtime } from '../../src/workers/sandbox/machine/interpreters.ts'
import { functionSource, makeJob, runToLimit } from '../helpers/pool.ts'
import type { Case } from './cases.ts'

export type Python = Pick<Runtime, 'name' | 'version'>

export const minorOf = ({ version }: Python): number => Number(version.split('.')[1])

export async function checkCase(pool: Pool, item: Case, python: Python): Promise<Outcome> {
  const source = functionSource(item.function)
  const run = (job = item.job) =>
    pool.execute(makeJob({ source, runtime: python.name, versionKey: item.function, ...job }))
  const { hasArrived } = item
  const outcome = hasArrived
    ? await runToLimit((timeoutMs) => run({ ...item.job, timeoutMs }), hasArrived)
    : await run()
  const { status, code, message, traceback } = outcome
  const expected = code !== null && item.orElse?.includes(code) ? code : item.code
  assert.deepEqual({ status, code }, { status: item.status, code: expected }, `${message}\n${traceback}`)
  if (item.message !== undefined) assert.match(message ?? '', item.message)
  item.check?.(outcome, { minor: minorOf(python) })
  return outcome
}
