/**
 * The cases about processes, limits and descriptors in the other kinds of sandboxes: on the usual Python, and on the oldest
 * behind Landlock, which Python itself switches on. pythons.test.ts runs them on the oldest in bubblewrap.
 */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { bareUsers } from '../helpers/bare-sandbox.ts'
import { listPythons, openPool } from '../helpers/pool.ts'
import { FORBIDDEN_BWRAP, folderWith } from '../helpers/programs.ts'
import { CASES } from './cases.ts'
import { checkCase } from './check-case.ts'

const bwrap = folderWith('bwrap', FORBIDDEN_BWRAP)
const behindLandlock = { spares: false, sandbox: 'auto', programFolders: [bwrap.path] } as const
const started = await openPool({ spares: false, zygotes: false })
const landlocked = await openPool({ ...behindLandlock, zygotes: false })
const copied = await openPool({ ...behindLandlock, zygotes: true, ...bareUsers })
after(async () => {
  await Promise.all([started.close(), landlocked.close(), copied.close()])
  bwrap.remove()
})

/** What a function returns, raises, prints and stores does not depend on its sandbox. */
const ABOUT_SANDBOXES = [
  'attacks',
  'breaks_its_channels',
  'ends_badly',
  'installs_a_package',
  'starts_processes',
  'uses_up',
]
const cases = CASES.filter((item) => ABOUT_SANDBOXES.includes(item.function))
/** What Landlock alone can't give (docs/decisions/0007-landlock.md): sized folders, counted processes, shared semaphores. */
const NOT_BEHIND_LANDLOCK =
  /^(F15: forks|F16: threads|F21: disk|F21: sparse file|F29: shell|F30: pool|F30: thread pool)$/

for (const [way, pool, tier] of [
  ['that are started, not copied', started, 'bwrap'],
  ['of Landlock that are started', landlocked, 'landlock'],
  ['of Landlock that are copied from a zygote', copied, 'landlock'],
] as const)
  for (const python of listPythons(pool).slice(0, tier === 'landlock' ? 2 : 1))
    describe(`${python.name} (${python.version}) in sandboxes ${way}`, { concurrency: 2 }, () => {
      before(() => {
        assert.equal(pool.sandbox.tier, tier)
        if (pool === copied) assert.doesNotMatch(pool.sandbox.notes.join('\n'), /started anew/)
      })
      for (const item of cases.filter(({ name }) => tier !== 'landlock' || !NOT_BEHIND_LANDLOCK.test(name)))
        test(item.name, async () => void (await checkCase(pool, item, python)))
    })
