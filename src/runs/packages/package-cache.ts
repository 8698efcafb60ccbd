/** The package cache on this server's disk, trimmed to a limit in the background. */

import type { Logger } from 'pino'
import { guard } from '../../guard.ts'
import type { Builder } from '../../workers/packages/builder.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import { DEFAULT_RUNTIME } from '../../workers/sandbox/interpreters.ts'
import type { Background } from './background.ts'

const guarded = guard('the cache of packages')

export type PackageCache = {
  /** Removes the least recently used files above the limit, within a minute. */
  trim(): void
  empty(): void
  /** Disk space of packages that no environment uses, in bytes. Null before the first measurement. */
  readonly bytes: number | null
  readonly limitBytes: number
  close(): void
}

type Options = {
  readonly builder: Builder | null
  readonly pool: Pick<Pool, 'findInterpreter'>
  readonly log: Pick<Logger, 'warn'>
  readonly cacheBytes: number
  readonly background: Background
}

/** All builds of a minute share one trim, because each needs a sandbox and reads the whole cache. */
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
