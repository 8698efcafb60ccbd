import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { functionSource, makeJob, openPool, printed } from '../../helpers/pool.ts'

const pool = await openPool({ spares: false })
after(() => pool.close())
const source = functionSource('poisons_later_runs')
const CLEAN =
  "[('readable', True), ('attributes', []), ('shared', 1), ('files', True), ('file size', True), ('priority', True), ('processors', True), ('flags', [0, 0, 0]), ('owners', [0, 0, 0]), ('locks', [True, True, True]), ('modes', 1), ('pipes', True)]"

for (const isolation of ['fresh', 'reuse'] as const) {
  describe(`Y05: what a run does to its sandbox, isolation ${isolation}`, () => {
    for (const name of ['shut down', 'limits', 'priority', 'default acl', 'note', 'flags', 'lock', 'mode', 'name']) {
      test(`${name}: later runs do not notice it`, async () => {
        const job = { source, isolation, versionKey: `${isolation} ${name}` }
        await pool.execute(makeJob({ ...job, case: name }))
        for (let run = 0; run < 3; run += 1) {
          const outcome = await pool.execute(makeJob({ ...job, case: 'look' }))
          // A reused process keeps its own memory, shared mappings included.
          const body =
            isolation === 'reuse'
              ? outcome.response?.body.replace(/\('shared', \d+\)/, "('shared', 1)")
              : outcome.response?.body
          assert.equal(body, CLEAN, `${outcome.message}\n${outcome.traceback}`)
          assert.deepEqual(printed(outcome), ['printed'])
        }
      })
    }
  })
}

test('Y18: no descriptor of a run is a socket', async () => {
  const sockets =
    'import os, stat\ndef workflow(a, b):\n  return {"status_code": 200, "body": str([fd for fd in range(10) if os.path.exists("/proc/self/fd/%d" % fd) and stat.S_ISSOCK(os.fstat(fd).st_mode)])}\n'
  assert.equal((await pool.execute(makeJob({ source: sockets }))).response?.body, '[]')
})
