import type { Logger } from 'pino'
import { guard } from '../../guard.ts'
import type { Builder } from '../../workers/packages/builder.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import { DEFAULT_RUNTIME } from '../../workers/sandbox/machine/interpreters.ts'

const guarded = guard('the cache of packages')

export type PackageCache = {
  /** Removes the least recently used files above the limit, within a minute. */
  trim(): void
  empty(): void
  /** Null before the first measurement. */
  readonly bytes: number | null
  readonly limitBytes: number
  close(): Promise<void>
}

type Options = {
  readonly builder: Builder | null
  readonly pool: Pick<Pool, 'findInterpreter'>
  readonly log: Pick<Logger, 'warn'>
  readonly cacheBytes: number
}

/** Each trim needs a sandbox and reads the whole cache. */
const PAUSE_MS = 60_000
const EMPTY_AFTER_MS = 1_000

export function createPackageCache({ builder, pool, log, cacheBytes }: Options): PackageCache {
  let bytes: number | null = null
  let limit = cacheBytes
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()
  let isClosed = false

  async function work(): Promise<void> {
    const interpreter = pool.findInterpreter(DEFAULT_RUNTIME)
    if (builder === null || interpreter === null) return
    const asked = limit
    limit = cacheBytes
    try {
      bytes = await builder.trim(asked, interpreter)
    } catch (error) {
      limit = Math.min(limit, asked)
      if (builder.isClosing) return
      log.warn({ err: error }, 'the cache of packages could not be trimmed')
      trim()
    }
  }

  function schedule(afterMs: number): void {
    if (isClosed) return
    const start = () => {
      timer = undefined
      running = running.then(work)
    }
    timer ??= guarded.setTimeout(start, afterMs).unref()
  }

  const trim = () => schedule(PAUSE_MS)

  return {
    trim,
    empty() {
      limit = 0
      clearTimeout(timer)
      timer = undefined
      schedule(EMPTY_AFTER_MS)
    },
    get bytes() {
      return bytes
    },
    limitBytes: cacheBytes,
    async close() {
      isClosed = true
      clearTimeout(timer)
      await running
    },
  }
}
