/** `npm test` calls `test-files.ts AT_ONCE FILE…`. `node --test` would sort the files by name. */

import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import summarize from './test-summary.ts'

/** No file may block the run. */
const TIMEOUT_MS = 600_000
/** The unit of /proc/PID/stat. */
const TICKS_PER_SECOND = 100

const began = process.platform === 'linux' ? readMachine() : null
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

/**
 * With idle processors, more files could run simultaneously. Only the machine's figure includes sandboxes with a killed
 * parent.
 */
function describeUse(): string {
  if (began === null) return ''
  // The name in brackets may contain spaces. The third field of proc(5) follows.
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  // User and kernel time, with ended children.
  const busy = sum(fields.slice(11, 15)) / TICKS_PER_SECOND
  const [passed, processors] = [performance.now() / 1000, availableParallelism()]
  const [now, then] = [readMachine(), began]
  const share = Math.round((100 * busy) / (passed * processors))
  const ofMachine = Math.round((100 * (now.busy - then.busy)) / Math.max(1, now.all - then.all))
  return `\nProcessor time: ${Math.round(busy)} s in ${Math.round(passed)} s, ${share} % of ${processors} processors. The machine was ${ofMachine} % busy.\n`
}

function readMachine(): { readonly busy: number; readonly all: number } {
  const [user, nice, system, idle, waiting, ...others] =
    readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.split(/ +/).slice(1, 9) ?? []
  const busy = sum([user, nice, system, ...others])
  return { busy, all: busy + sum([idle, waiting]) }
}

function sum(ticks: readonly (string | undefined)[]): number {
  return ticks.reduce((total, one) => total + Number(one), 0)
}
