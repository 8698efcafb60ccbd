/** A real pool with real sandboxes, and jobs for it. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HeaderPairs } from '../../src/domain/headers.ts'
import type { Job, Outcome } from '../../src/domain/run.ts'
import { LIMITS } from '../../src/domain/workflow.ts'
import { ANYWHERE } from '../../src/domain/workflows/egress.ts'
import { createPool } from '../../src/workers/pool/create-pool.ts'
import type { PoolOptions } from '../../src/workers/pool/options.ts'
import type { Pool } from '../../src/workers/pool/pool.ts'

const ROOT = join(import.meta.dirname, '../..')

export const quietLog = { info: () => {}, warn: () => {}, error: () => {} }

export type JobOptions = Partial<Omit<Job, 'request'>> & {
  /** Goes into the body: which case of a function in test/functions is meant. */
  readonly case?: string
  readonly headers?: HeaderPairs
  readonly body?: Buffer | string
  readonly query?: string
}

/** A pool as the server has it, without a way to the internet. */
export function openPool(options: Partial<PoolOptions> = {}): Promise<Pool> {
  return createPool({
    sandbox: 'bwrap',
    programFolders: ['/usr/bin'],
    egress: null,
    cacheDir: join(ROOT, '.cache'),
    runtimesDir: join(ROOT, 'runtimes'),
    log: quietLog,
    ...options,
  })
}

/** The source of a function in test/functions. */
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
    timeoutMs: 20_000,
    memoryBytes: LIMITS.memoryMib.preset * 1024 * 1024,
    variables: {},
    egress: ANYWHERE,
    settings: new Map(),
    ...job,
    kind,
    request: kind === 'catch' ? request : null,
  }
}

/** What a run printed on one stream, or on all. */
export function printed({ logs }: Outcome, stream?: string): string[] {
  return logs.filter((line) => stream === undefined || line.stream === stream).map(({ text }) => text)
}
