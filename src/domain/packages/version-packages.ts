import type { LockedPackage } from './lock.ts'

export type VersionPackages = {
  readonly declaration: string
  readonly requiresPython: string | null
  readonly runtime: string
  readonly environmentId: string
  readonly packages: readonly LockedPackage[]
  readonly notes: readonly string[]
}

/** `withSources`: some are built from source. */
export type EnvironmentLock = {
  readonly id: string
  readonly runtime: string
  readonly lock: string
  readonly withSources: boolean
  readonly createdAt: number
  readonly lastUsedAt: number
}
