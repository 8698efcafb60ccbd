import { isRoot } from '../machine/reach.ts'
import type { CgroupOptions, FoundCgroups } from './cgroup-folders.ts'
import { openCgroupsV1 } from './cgroups-v1.ts'
import { openCgroupsV2 } from './cgroups-v2.ts'

export type { Box, Cgroups, Shortage } from './cgroup-folders.ts'

/**
 * Uses the server's cgroup v2 if it holds no other program (systemd: `Delegate=yes`). Otherwise, a root server creates
 * cgroups.
 */
export function openCgroups({ asRoot = isRoot(), ...options }: CgroupOptions = {}): FoundCgroups {
  const second = openCgroupsV2({ ...options, asRoot })
  if (second.cgroups !== null || !asRoot) return second
  const first = openCgroupsV1(options)
  return first.cgroups === null ? { cgroups: null, reason: `${second.reason}; ${first.reason}` } : first
}
