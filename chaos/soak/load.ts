/** Callers of a server that is soaked: as fast as it answers, or at a rate. */

import { setTimeout as delay } from 'node:timers/promises'
import type { TestServer } from '../../test/helpers/server.ts'
import { callHook, createCatch, type WorkflowBody } from '../../test/helpers/workflows.ts'

type Counts = { calls: number; failed: number }

export type SoakLoad = {
  readonly counts: Readonly<Counts>
  /** Calls as fast as it is answered. Returns calls per second. */
  measure(ms: number): Promise<number>
  /** Calls at this rate from now on. */
  start(perSecond: number): void
  stop(): Promise<void>
}

const CALLERS = 16
const PLAIN = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": "done"}\n'
const COUNTS = `def workflow(_request, settings):
    print("x" * 1000)
    settings["n"] = settings.get("n", 0) + 1
    return {"status_code": 200, "body": "done"}
`

/** Of sixteen callers twelve call a workflow that is reused, three a fresh one, and one alone a counter with one slot. */
export async function createLoad(server: TestServer): Promise<SoakLoad> {
  const many = { max_concurrency: CALLERS }
  const reused = await createCatch(server, { source: PLAIN, isolation: 'reuse', ...many })
  const fresh = await createCatch(server, { source: PLAIN, isolation: 'fresh', ...many })
  const counter = await createCatch(server, { source: COUNTS, isolation: 'reuse', max_concurrency: 1 })
  const counts = { calls: 0, failed: 0 }
  const workflowOf = (index: number) => (index === 0 ? counter : index % 4 === 0 ? fresh : reused)
  const callAll = async (everyMs: number, isOver: () => boolean) => {
    const callers = Array.from({ length: CALLERS }, (_, index) => {
      return callAgain(workflowOf(index), counts, { firstMs: (index / CALLERS) * everyMs, everyMs, isOver })
    })
    await Promise.all(callers)
  }
  let isStopped = false
  let running: Promise<void> | null = null
  return {
    counts,
    async measure(ms) {
      const before = counts.calls
      const start = performance.now()
      await callAll(0, () => performance.now() > start + ms)
      return ((counts.calls - before) * 1000) / (performance.now() - start)
    },
    start(perSecond) {
      running = callAll((CALLERS * 1000) / perSecond, () => isStopped)
    },
    async stop() {
      isStopped = true
      await running
    },
  }
}

type Pace = { readonly firstMs: number; readonly everyMs: number; readonly isOver: () => boolean }

/** One caller, at most once in `everyMs`. What it could not call in time it does not make up for. */
async function callAgain(workflow: WorkflowBody, counts: Counts, { firstMs, everyMs, isOver }: Pace): Promise<void> {
  let next = performance.now() + firstMs
  while (!isOver()) {
    await delay(Math.max(0, next - performance.now()))
    next = Math.max(next + everyMs, performance.now())
    counts.calls += 1
    const { status } = await callHook(workflow, { n: counts.calls }).catch(() => ({ status: 0 }))
    if (status !== 200) counts.failed += 1
  }
}
