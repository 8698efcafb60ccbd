/** Starts a program, and handles a shortage of descriptors. */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

/** Five pipes have two ends each, and libuv needs one more descriptor to learn whether exec failed. */
const DESCRIPTORS = 16

/**
 * Calls `spawn` and resolves once the program runs. Rejects if it cannot be started, and before that if the server has too few
 * free descriptors: Node would then return a child without pipes and never close the pipes that it had opened.
 */
export function startProcess(file: string, args: readonly string[], options: SpawnOptions): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    tryDescriptors(DESCRIPTORS)
    const child = spawn(file, args, options)
    child.once('error', reject)
    child.once('spawn', () => {
      child.off('error', reject)
      resolve(child)
    })
  })
}

/** Throws if fewer than `count` descriptors are free. */
function tryDescriptors(count: number): void {
  const opened: number[] = []
  try {
    while (opened.length < count) opened.push(openSync('/dev/null', 'r'))
  } finally {
    for (const fd of opened) closeSync(fd)
  }
}
