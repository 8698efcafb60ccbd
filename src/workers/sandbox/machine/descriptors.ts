import { readFileSync } from 'node:fs'

/**
 * An idle server holds 50 to 80, each sandbox 5, and each caller one. With a limit of 256, 157 of 250 simultaneous
 * calls failed without a sandbox.
 */
const ENOUGH = 2048

/** Node has raised the soft limit to the hard one. */
export function readDescriptorLimit(): number {
  const [, soft = ''] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  return soft === '' ? Number.POSITIVE_INFINITY : Number(soft)
}

export function describeDescriptors(limit: number): readonly string[] {
  if (limit >= ENOUGH) return []
  return [
    `WARNING: the server may have only ${limit} files and connections open. Under load, runs fail because their sandbox cannot be started, and callers are cut off. Raise the limit to ${ENOUGH} or more (LimitNOFILE of systemd, ulimits of a container, ulimit -n).`,
  ]
}
