import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Node's recursive `mkdir` never returns if the kernel reports "no such file" although the parent exists, as below
 * /proc.
 */
export function makeDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  const parent = dirname(path)
  if (parent !== path) makeDirectory(parent)
  mkdirSync(path, { mode: 0o700 })
}
