/**
 * New sandboxes: made, loaded, run once and ended, each for another version. Those that a zygote makes beside those that are started
 * anew, in turns in one run, with the egress broker, behind both kinds of walls. Prints a table and renews docs/evidence/performance.md. `BENCH_ROUNDS`, `BENCH_SECONDS`.
 */

import { join } from 'node:path'
import { createEgress } from '../src/workers/egress/egress.ts'
import type { Pool } from '../src/workers/pool/pool.ts'
import type { SandboxUsers } from '../src/workers/sandbox/machine/users.ts'
import { bareUsers } from '../test/helpers/bare-sandbox.ts'
import { makeJob, openPool, quietLog } from '../test/helpers/pool.ts'
import { median, round } from './figures.ts'
import { report } from './report.ts'

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5)
const SECONDS = Number(process.env.BENCH_SECONDS ?? 4)
const CALLERS = 4
const ANSWERS = 'def workflow(a, b):\n    return {"status_code": 200, "body": "done"}\n'
const SOURCES = { bare: ANSWERS, 'hrflow + requests': `import requests\nfrom hrflow import Hrflow\n${ANSWERS}` }
const WAYS = ['anew', 'zygote'] as const

type Way = (typeof WAYS)[number]
type Measured = { readonly perSecond: number; readonly p50: number }

const runtimesDir = join(import.meta.dirname, '../runtimes')
let versions = 0
const rows = [...(await measureTier('bwrap', {})), ...(await measureTier('landlock', bareUsers))]
console.table(rows)
await report('sandboxes', rows)

/** `users`: without namespaces, zygotes need that all sandboxes have one user, as in a container. */
async function measureTier(
  tier: 'bwrap' | 'landlock',
  users: { readonly users?: SandboxUsers },
): Promise<readonly Record<string, string | number>[]> {
  const egress = await createEgress({ allow: [], runtimesDir, log: quietLog, ...users })
  // No worker is kept: each run's version is new, and there is room for the callers' workers only.
  const open = (zygotes: boolean) =>
    openPool({ sandbox: tier, zygotes, egress, spares: false, maxWorkers: CALLERS, ...users })
  const pools: Record<Way, Pool> = { anew: await open(false), zygote: await open(true) }
  try {
    const found: Record<string, string | number>[] = []
    for (const [name, source] of Object.entries(SOURCES))
      found.push({ walls: tier, imports: name, ...(await compare(pools, source)) })
    return found
  } finally {
    for (const pool of Object.values(pools)) await pool.close()
    await egress.close()
  }
}

async function compare(pools: Record<Way, Pool>, source: string): Promise<Record<string, number>> {
  const found: Record<Way, Measured[]> = { anew: [], zygote: [] }
  for (const way of WAYS) await measure(pools[way], source, 1)
  for (let turn = 0; turn < ROUNDS; turn += 1)
    for (const way of turn % 2 === 0 ? WAYS : WAYS.toReversed())
      found[way].push({
        ...(await measure(pools[way], source, CALLERS)),
        p50: (await measure(pools[way], source, 1)).p50,
      })
  const perSecond = (way: Way) => median(found[way].map((one) => one.perSecond))
  const p50 = (way: Way) => median(found[way].map((one) => one.p50))
  return {
    [`anew: sandboxes/s, ${CALLERS} callers`]: round(perSecond('anew'), 1),
    'zygote: sandboxes/s': round(perSecond('zygote'), 1),
    '× anew': round(perSecond('zygote') / perSecond('anew'), 1),
    'anew: ms, 1 caller, p50': round(p50('anew'), 1),
    'zygote: ms, 1 caller, p50': round(p50('zygote'), 1),
  }
}

async function measure(pool: Pool, source: string, callers: number): Promise<Measured> {
  const times: number[] = []
  const start = performance.now()
  const end = start + SECONDS * 1000
  const call = async () => {
    while (performance.now() < end) {
      const began = performance.now()
      versions += 1
      const workflowId = `wf_${versions}`
      const { status, message } = await pool.execute(makeJob({ source, versionKey: workflowId, workflowId }))
      if (status !== 'succeeded') throw new Error(`expected that the run succeeds, found ${status}: ${message}`)
      times.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  return { perSecond: times.length / ((performance.now() - start) / 1000), p50: median(times) }
}
