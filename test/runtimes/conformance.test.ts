import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Outcome } from '../../src/domain/run.ts'
import type { Pool } from '../../src/workers/pool/pool.ts'
import { bareUsers } from '../helpers/bare-sandbox.ts'
import { functionSource, listPythons, makeJob, openPool, runToLimit } from '../helpers/pool.ts'
import { FORBIDDEN_BWRAP, folderWith } from '../helpers/programs.ts'
import { CASES, type Case } from './cases.ts'

const bwrap = folderWith('bwrap', FORBIDDEN_BWRAP)
const pool = await openPool({ spares: false })
const anew = await openPool({ spares: false, zygotes: false })
const behindLandlock = { spares: false, sandbox: 'auto', programFolders: [bwrap.path] } as const
const landlocked = await openPool({ ...behindLandlock, zygotes: false })
const copied = await openPool({ ...behindLandlock, zygotes: true, ...bareUsers })
after(async () => {
  await Promise.all([pool.close(), anew.close(), landlocked.close(), copied.close()])
  bwrap.remove()
})

/** What Landlock alone can't give (docs/decisions/0007-landlock.md): sized folders, counted processes, shared semaphores. */
const NOT_BEHIND_LANDLOCK =
  /^(F15: forks|F16: threads|F21: disk|F21: sparse file|F29: shell|F30: pool|F30: thread pool)$/

/** Python's own limit on printing an int, and a thread that never stops writing. */
const NOT_OURS = /^(R07: status beyond printing|S13: keeps writing)$/
/** For each case whose words are all ours: what each Python said. */
const TOLD = new Map(
  CASES.filter((item) => ['returns_what_is_asked', 'changes_settings'].includes(item.function))
    .filter((item) => !NOT_OURS.test(item.name))
    .map((item) => [item, new Map<string, string>()]),
)

for (const { name, version, usable, reason } of listPythons(pool)) {
  describe(`${name} (${version})`, { concurrency: 2 }, () => {
    before(() => assert.ok(usable, reason ?? ''))
    for (const item of CASES) test(item.name, () => check(pool, item, name, Number(version.split('.')[1])))
  })
}

// The usual one and the oldest: the code of the runtime is the same for all.
for (const { name, version } of listPythons(anew).slice(0, 2)) {
  describe(`${name} (${version}) in sandboxes that are started anew`, { concurrency: 2 }, () => {
    for (const item of CASES) test(item.name, () => check(anew, item, name, Number(version.split('.')[1])))
  })
}

for (const [way, tier] of [
  ['started anew', landlocked],
  ['copied from a zygote', copied],
] as const)
  for (const { name, version } of listPythons(tier).slice(0, 2)) {
    describe(`${name} (${version}) behind Landlock, ${way}`, { concurrency: 2 }, () => {
      before(() => {
        assert.equal(tier.sandbox.tier, 'landlock')
        assert.equal(tier.sandbox.notes.join('\n').includes('started anew'), false)
      })
      const cases = CASES.filter((item) => !NOT_BEHIND_LANDLOCK.test(item.name))
      for (const item of cases) test(item.name, () => check(tier, item, name, Number(version.split('.')[1])))
    })
  }

describe('F40: all Pythons', () => {
  for (const [item, told] of TOLD) {
    test(`${item.name}: give the same answer in the same words`, () => {
      const [first] = told.values()
      assert.equal(told.size, listPythons(pool).length)
      for (const [runtime, words] of told) assert.equal(words, first, runtime)
    })
  }
})

/** What the platform itself says of each of these must not depend on the Python; it is compared when all have run. */
function remember(item: Case, runtime: string, outcome: Outcome): void {
  const told = TOLD.get(item)
  const { status, code, message, response, result, warnings, patch } = outcome
  const words = JSON.stringify({ status, code, message, response, result, warnings, patch: [...patch.set] })
  told?.set(runtime, words.replace(/ at 0x[0-9a-f]+/g, ''))
}

async function check(on: Pool, item: Case, runtime: string, minor: number): Promise<void> {
  const source = functionSource(item.function)
  const run = (job = item.job) => on.execute(makeJob({ source, runtime, versionKey: item.function, ...job }))
  const { hasArrived } = item
  const outcome = hasArrived
    ? await runToLimit((timeoutMs) => run({ ...item.job, timeoutMs }), hasArrived)
    : await run()
  if (on === pool) remember(item, runtime, outcome)
  const { status, code, message, traceback } = outcome
  const expected = code !== null && item.orElse?.includes(code) ? code : item.code
  assert.deepEqual({ status, code }, { status: item.status, code: expected }, `${message}\n${traceback}`)
  if (item.message !== undefined) assert.match(message ?? '', item.message)
  item.check?.(outcome, { minor })
}
