/** What the declaration of a version became: an environment with exact packages, on one runtime. */

import type { LockedPackage } from './lock.ts'

export type VersionPackages = {
  /** Equal for declarations that ask for the same. */
  readonly declaration: string
  readonly requiresPython: string | null
  /** The name of the interpreter that the lock is for: `python3.13`. */
  readonly runtime: string
  readonly environmentId: string
  readonly packages: readonly LockedPackage[]
  /** Sentences for people, such as that an older version was taken. */
  readonly notes: readonly string[]
}

/** A lock that versions share. `withSources`: some of its packages are built from source. */
export type EnvironmentLock = {
  readonly id: string
  readonly runtime: string
  readonly lock: string
  readonly withSources: boolean
  readonly createdAt: number
  readonly lastUsedAt: number
}
