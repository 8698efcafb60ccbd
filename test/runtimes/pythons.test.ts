/**
 * The common list of what functions do on the oldest Python, on 3.10 and on the newest, and the cases that depend on the
 * interpreter on all others. `CONFORMANCE=all npm test -- test/runtimes/pythons.test.ts` runs the whole list on each.
 */

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Outcome } from '../../src/domain/runs/run.ts'
import { listPythons, openPool } from '../helpers/pool.ts'
import { CASES, type Case } from './cases.ts'
import { checkCase, minorOf, type Python } from './check-case.ts'

const pool = await openPool({ spares: false })
after(() => pool.close())

const [usual = assert.fail('there is no Python'), ...all] = listPythons(pool)
/** The usual one is often one of them under another name. conformance.test.ts runs its cases. */
const others = all.filter(({ version }) => version !== usual.version)
const minors = others.map(minorOf)
const WHOLE = new Set([Math.min(...minors), 10, Math.max(...minors, minorOf(usual))])
const isWhole = (python: Python): boolean => process.env.CONFORMANCE === 'all' || WHOLE.has(minorOf(python))

/** Interpreters differ in how they give up, in their own limits, and in what exceptions and packages they have. */
const DEPENDS = /^(F03 in a coroutine|F05|F18|F19|F33|R07: status beyond printing|S13: keeps writing)/
/** Python's own limit on printing an int, and a thread that never stops writing. */
const NOT_OURS = /^(R07: status beyond printing|S13: keeps writing)$/
/** The cases whose words are all ours. They are the same on each Python. */
const WORDS = CASES.filter((item) => ['returns_what_is_asked', 'changes_settings'].includes(item.function)).filter(
  (item) => !NOT_OURS.test(item.name),
)
/** What each Python said, by case. */
const said = new Map<Case, Map<string, string>>(WORDS.map((item) => [item, new Map()]))

async function check(item: Case, python: Python): Promise<void> {
  said.get(item)?.set(python.name, wordsOf(await checkCase(pool, item, python)))
}

for (const python of others)
  describe(`${python.name} (${python.version})`, { concurrency: 2 }, () => {
    before(() => assert.ok(python.usable, python.reason ?? ''))
    const cases = isWhole(python) ? CASES : CASES.filter(({ name }) => DEPENDS.test(name))
    for (const item of cases) test(item.name, () => check(item, python))
  })

describe('F40: all Pythons give the same answer in the same words', { concurrency: 2 }, () => {
  for (const item of WORDS)
    test(item.name, async () => {
      await check(item, usual)
      const words = said.get(item) ?? new Map()
      assert.equal(words.size, others.filter(isWhole).length + 1)
      assert.equal(new Set(words.values()).size, 1, JSON.stringify([...words]))
    })
})

function wordsOf({ status, code, message, response, result, warnings, patch }: Outcome): string {
  const words = JSON.stringify({ status, code, message, response, result, warnings, patch: [...patch.set] })
  return words.replace(/ at 0x[0-9a-f]+/g, '')
}
