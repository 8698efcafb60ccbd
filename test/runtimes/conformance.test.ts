import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Pool } from '../../src/workers/pool.ts'
import { functionSource, makeJob, openPool } from '../helpers/pool.ts'
import { FORBIDDEN_BWRAP, folderWith } from '../helpers/programs.ts'
import { CASES, type Case } from './cases.ts'

const bwrap = folderWith('bwrap', FORBIDDEN_BWRAP)
const pool = await openPool({ spares: false })
const landlocked = await openPool({ spares: false, sandbox: 'auto', programFolders: [bwrap.path] })
after(async () => {
  await Promise.all([pool.close(), landlocked.close()])
  bwrap.remove()
})

/** What Landlock alone can't give (docs/decisions/0007-landlock.md): sized folders, counted processes, shared semaphores. */
const NOT_BEHIND_LANDLOCK =
  /^(F15: forks|F16: threads|F21: disk|F21: sparse file|F29: shell|F30: pool|F30: thread pool)$/

for (const { name, version, usable, reason } of pool.listRuntimes()) {
  describe(`${name} (${version})`, { concurrency: 2 }, () => {
    before(() => assert.ok(usable, reason ?? ''))
    for (const item of CASES) test(item.name, () => check(pool, item, name, Number(version.split('.')[1])))
  })
}

// The usual one and the oldest: the code of the runtime is the same for all.
for (const { name, version } of landlocked.listRuntimes().slice(0, 2)) {
  describe(`${name} (${version}) behind Landlock`, { concurrency: 2 }, () => {
    before(() => assert.equal(landlocked.sandbox.tier, 'landlock'))
    const cases = CASES.filter((item) => !NOT_BEHIND_LANDLOCK.test(item.name))
    for (const item of cases) test(item.name, () => check(landlocked, item, name, Number(version.split('.')[1])))
  })
}

async function check(on: Pool, item: Case, runtime: string, minor: number): Promise<void> {
  const source = functionSource(item.function)
  const outcome = await on.execute(makeJob({ source, runtime, versionKey: item.function, ...item.job }))
  const { status, code, message, traceback } = outcome
  const expected = code !== null && item.orElse?.includes(code) ? code : item.code
  assert.deepEqual({ status, code }, { status: item.status, code: expected }, `${message}\n${traceback}`)
  if (item.message !== undefined) assert.match(message ?? '', item.message)
  item.check?.(outcome, { minor })
}
