/** Finds the control groups of this machine that bound each sandbox as a whole: memory, processes and CPU. */

import { isRoot } from '../reach.ts'
import type { CgroupOptions, FoundCgroups } from './cgroup-folders.ts'
import { openCgroupsV1 } from './cgroups-v1.ts'
import { openCgroupsV2 } from './cgroups-v2.ts'

export type { Box, Cgroups, Shortage } from './cgroup-folders.ts'

/**
 * Takes the cgroup v2 that this server was started in if no other program is in it: under systemd, that is a service with
 * `Delegate=yes`. A server that is root else creates cgroups: of v2 where an ancestor hands the controllers on, or of v1.
 * Changes nothing if none of these is possible.
 */
export function openCgroups({ asRoot = isRoot(), ...options }: CgroupOptions = {}): FoundCgroups {
  const second = openCgroupsV2({ ...options, asRoot })
  if (second.cgroups !== null || !asRoot) return second
  const first = openCgroupsV1(options)
  return first.cgroups === null ? { cgroups: null, reason: `${second.reason}; ${first.reason}` } : first
}
