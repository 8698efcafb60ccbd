/** A separate program: opens pools with fewer and fewer descriptors, and prints one line of JSON. */

import { closeSync, openSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createEgress } from '../../src/workers/egress/egress.ts'
import { rootIn } from '../../src/workers/sandbox/machine/roots.ts'
import { bareUsers } from './bare-sandbox.ts'
import { makeJob, openPool, quietLog } from './pool.ts'

const MAX_LEFT = 24
const count = () => readdirSync('/proc/self/fd').length
const runtimesDir = join(import.meta.dirname, '../../runtimes')
const egress = await createEgress({ allow: [], runtimesDir, log: quietLog, ...bareUsers })
// The process keeps the lock of its folder in memory until its end.
rootIn('/dev/shm')
// The zygotes of a pool hold descriptors until it is closed.
const before = count()
const pool = await openPool({ spares: false, egress })
const execute = async (name: string) => {
  const source = `def workflow(a, b):\n    return {"status_code": 200, "body": "${name}"}\n`
  const { code, message, response } = await pool.execute(makeJob({ source }))
  return response?.body ?? `${code}: ${message}`
}

const answers: string[] = []
for (let left = 0; left <= MAX_LEFT; left += 1) {
  const held: number[] = []
  try {
    for (;;) held.push(openSync('/dev/null', 'r'))
  } catch {
    for (const fd of held.splice(0, left)) closeSync(fd)
  }
  answers.push(await execute(`${left}`))
  for (const fd of held) closeSync(fd)
}
const after = await execute('after')
await pool.close()
// The pipes of an ended process close in later turns of the loop.
for (let turn = 0; turn < 6000 && count() > before; turn += 1) await delay(10)
const leaked = count() - before
await egress.close()
process.stdout.write(JSON.stringify({ answers, after, leaked }))
