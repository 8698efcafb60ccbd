import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from '../../src/workers/pool/pool.ts'
import { listTree } from '../../src/workers/sandbox/process/processes.ts'
import { commandOf, listZygotes, makeJob, openPool, parentOf } from './pool.ts'

/** The source must import json. */
export const SAY = "def say(value):\n    return {'status_code': 200, 'body': json.dumps(value)}\n"
const WAITS = `import time
def workflow(a, b):
    print('up', flush=True)
    time.sleep(600)
`

type Waiting = {
  readonly ended: ReturnType<Pool['execute']>
  outcome: Awaited<ReturnType<Pool['execute']>> | null
  readonly lines: string[]
  stop(): Promise<void>
}
type Opened = Pool | (() => Promise<Pool>)
const get = async (pool: Opened): Promise<Pool> => (typeof pool === 'function' ? await pool() : pool)
let started = 0

/** Starts a run in a separate sandbox. It has printed a line and does not end by itself. */
export async function startWaiting(pool: Opened, source = WAITS): Promise<Waiting> {
  const stop = new AbortController()
  const lines: string[] = []
  started += 1
  const name = `waits ${started}`
  const ended = (await get(pool)).execute(
    makeJob({
      source,
      versionKey: name,
      workflowId: name,
      timeoutMs: 600_000,
      signal: stop.signal,
      onLog: ({ text }) => void lines.push(text),
    }),
  )
  const waiting: Waiting = {
    ended,
    outcome: null,
    lines,
    stop: async () => {
      stop.abort()
      await ended
    },
  }
  void ended.then((outcome) => {
    waiting.outcome = outcome
  })
  await until(() => lines.length > 0 || waiting.outcome !== null)
  assert.equal(waiting.outcome, null, JSON.stringify(waiting.outcome))
  return waiting
}

export async function ask(pool: Opened, source: string, versionKey = source): Promise<unknown> {
  const { response, message, traceback } = await (await get(pool)).execute(makeJob({ source, versionKey }))
  assert.ok(response, `${message}\n${traceback}`)
  return JSON.parse(response.body)
}

/** Returns the first process of each sandbox of a zygote. Excludes processes that have ended. */
export function listTemplates(): readonly number[] {
  const zygotes = listZygotes()
  return listTree(process.pid).filter((pid) => zygotes.includes(parentOf(pid)) && commandOf(pid) !== '')
}

export async function withPool(
  options: Parameters<typeof openPool>[0],
  use: (pool: Pool) => Promise<void>,
): Promise<void> {
  const pool = await openPool({ zygotes: true, spares: false, ...options })
  try {
    await use(pool)
  } finally {
    await pool.close()
  }
}

/** Throws after three minutes. */
export async function until(holds: () => boolean | Promise<boolean>, describe = () => 'the condition'): Promise<void> {
  for (const end = performance.now() + 180_000; performance.now() < end; ) {
    if (await holds()) return
    await sleep(10)
  }
  assert.fail(`${describe()} did not become true within 180 s`)
}
