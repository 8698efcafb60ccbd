/** The cache of packages on this server's disk: it is trimmed in the background, within a bound. */

import type { Logger } from 'pino'
import { guard } from '../../guard.ts'
import type { Builder } from '../../workers/packages/builder.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import { DEFAULT_RUNTIME } from '../../workers/sandbox/interpreters.ts'
import type { Background } from './background.ts'

const guarded = guard('the cache of packages')

export type PackageCache = {
  /** Removes what is above the bound, those files first that were not used for the longest time, within a minute. */
  trim(): void
  /** Removes all that no environment uses. */
  empty(): void
  /** Disk space of what no environment uses, in bytes; null: not measured yet. */
  readonly bytes: number | null
  readonly limitBytes: number
  close(): void
}

type Options = {
  /** Null: this server cannot install packages. */
  readonly builder: Builder | null
  readonly pool: Pick<Pool, 'findInterpreter'>
  readonly log: Pick<Logger, 'warn'>
  readonly cacheBytes: number
  readonly background: Background
}

/** One look for all builds of a minute, because a look takes a sandbox and reads the whole cache. */
const PAUSE_MS = 60_000

export function createPackageCache({ builder, pool, log, cacheBytes, background }: Options): PackageCache {
  let bytes: number | null = null
  let limit = cacheBytes
  let timer: NodeJS.Timeout | undefined

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

  function trim(): void {
    timer ??= guarded.setTimeout(() => {
      timer = undefined
      background.add('cache', work)
    }, PAUSE_MS)
    timer.unref()
  }

  return {
    trim,
    empty() {
      limit = 0
      background.add('cache', work)
    },
    get bytes() {
      return bytes
    },
    limitBytes: cacheBytes,
    close: () => clearTimeout(timer),
  }
}
