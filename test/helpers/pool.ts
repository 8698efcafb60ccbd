import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Job, Outcome } from '../../src/domain/runs/run.ts'
import { ANYWHERE } from '../../src/domain/shared/egress.ts'
import type { HeaderPairs } from '../../src/domain/shared/headers.ts'
import { LIMITS } from '../../src/domain/workflows/workflow.ts'
import { createPool } from '../../src/workers/pool/create-pool.ts'
import type { PoolOptions } from '../../src/workers/pool/options.ts'
import type { Pool } from '../../src/workers/pool/pool.ts'
import { listTree } from '../../src/workers/sandbox/process/processes.ts'

/** Sandboxes come from zygotes by default, as on a server, unless `TEST_ZYGOTES=off npm run test:all`. */
const ZYGOTES = process.env.TEST_ZYGOTES !== 'off'

const ROOT = join(import.meta.dirname, '../..')
/** Runs have a low priority, so on a busy machine some seconds of processor time take a minute. */
const USUAL_TIMEOUT_MS = 120_000

export const quietLog = { info: () => {}, warn: () => {}, error: () => {} }

export type JobOptions = Partial<Omit<Job, 'request'>> & {
  /** Selects the case of a function in test/functions, in the body. */
  readonly case?: string
  readonly headers?: HeaderPairs
  readonly body?: Buffer | string
  readonly query?: string
}

/** Like the server's pool, without a network. */
export function openPool(options: Partial<PoolOptions> = {}): Promise<Pool> {
  return createPool({
    sandbox: 'bwrap',
    zygotes: ZYGOTES,
    programFolders: ['/usr/bin'],
    egress: null,
    cacheDir: join(ROOT, '.cache'),
    runtimesDir: join(ROOT, 'runtimes'),
    log: quietLog,
    ...options,
  })
}

/** The default Python comes first. */
export const listPythons = (pool: Pool) => pool.listRuntimes().filter(({ language }) => language === 'python')

export function functionSource(name: string): string {
  return readFileSync(join(ROOT, 'test/functions', `${name}.py`), 'utf8')
}

export function makeJob({ case: name, headers, body, query = '', ...job }: JobOptions & { source: string }): Job {
  const kind = job.kind ?? 'catch'
  const content = Buffer.from(body ?? (name === undefined ? '' : JSON.stringify({ case: name })))
  const request = {
    method: 'POST',
    url: `/hooks/key${query === '' ? '' : `?${query}`}`,
    query,
    headers: headers ?? [['Content-Type', 'application/json']],
    body: content,
  }
  return {
    runId: 'run_1',
    workflowId: 'wf_1',
    versionKey: job.source,
    files: {},
    runtime: 'python3',
    environment: null,
    isolation: 'fresh',
    timeoutMs: USUAL_TIMEOUT_MS,
    memoryBytes: LIMITS.memoryMib.preset * 1024 * 1024,
    variables: {},
    egress: ANYWHERE,
    settings: new Map(),
    ...job,
    kind,
    request: kind === 'catch' ? request : null,
  }
}

/** The first limit is enough unless a process waits long for a processor. */
const TIME_LIMITS = [500, 2000, 10_000]

/**
 * Runs until the time limit. Repeats with a longer limit if the run had not reached the needed state, because nothing
 * from outside can wait for that.
 */
export async function runToLimit(
  run: (timeoutMs: number) => Promise<Outcome>,
  hasArrived: (outcome: Outcome) => boolean,
  [timeoutMs = 0, ...longer]: readonly number[] = TIME_LIMITS,
): Promise<Outcome> {
  const outcome = await run(timeoutMs)
  if (outcome.code === 'timeout') assert.match(outcome.message ?? '', new RegExp(`time limit of ${timeoutMs / 1000} s`))
  return hasArrived(outcome) || longer.length === 0 ? outcome : await runToLimit(run, hasArrived, longer)
}

/** bubblewrap (unless a zygote made the worker), template, and child. */
export const WORKER_PROCESSES = ZYGOTES ? 2 : 3

/** Excludes zygotes and their helpers. */
export function listWorkerProcesses(server = process.pid): readonly number[] {
  return listTree(server)
    .slice(1)
    .filter((pid) => !commandOf(pid).includes('user_maps.py'))
    .filter((pid) => !isOfZygotes(pid) || isPython(parentOf(pid)))
}

export function listZygotes(): readonly number[] {
  const isFirst = (parent: number) => parent !== 0 && !isPython(parent)
  return listTree(process.pid).filter((pid) => isOfZygotes(pid) && isPython(pid) && isFirst(parentOf(pid)))
}

const isOfZygotes = (pid: number) => commandOf(pid).includes('zygote.py')
const isPython = (pid: number) => /^[^\0]*python[^\0]*\0/.test(commandOf(pid))

/** Each word ends with a zero byte. Empty if the process has ended. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** 0 if the process has ended. */
export function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return 0
  }
}

/** What a run printed on one stream, or on all. */
export function printed({ logs }: Outcome, stream?: string): string[] {
  return logs.filter((line) => stream === undefined || line.stream === stream).map(({ text }) => text)
}
