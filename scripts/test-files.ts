/**
 * Runs test files in the order in which they are given; `node --test` sorts them by name. `npm test` starts it: `test-files.ts
 * AT_ONCE FILE…`.
 */

import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import summarize from './test-summary.ts'

/** No file may hang the run. */
const TIMEOUT_MS = 600_000
/** The unit of /proc/PID/stat. */
const TICKS_PER_SECOND = 100

const [atOnce, ...files] = process.argv.slice(2)
process.exitCode = 1
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
const events = run({ files, concurrency: Number(atOnce), timeout: TIMEOUT_MS, signal: stop.signal })
events.on('test:summary', ({ file, success }) => {
  if (file === undefined && success) process.exitCode = 0
})
events.compose(new spec()).pipe(process.stdout)
events.compose(summarize).pipe(process.stdout)
process.once('exit', () => process.stdout.write(describeUse()))

/** Whether the processors were busy all the time: then only less work makes a run shorter. */
function describeUse(): string {
  if (process.platform !== 'linux') return ''
  // The name of the program, in brackets, may hold spaces. What comes after it begins with the third field of proc(5).
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  // Own and of children that have ended, each in the program and in the kernel.
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  const [busy, passed, processors] = [ticks / TICKS_PER_SECOND, performance.now() / 1000, availableParallelism()]
  const share = Math.round((100 * busy) / (passed * processors))
  return `\nProcessor time: ${Math.round(busy)} s in ${Math.round(passed)} s, ${share} % of ${processors} processors.\n`
}
