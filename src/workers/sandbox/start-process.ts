/** Starting a program, with the failures that a machine short of something brings. */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'

/** Five pipes have two ends each, and libuv needs one more to hear of the exec. */
const DESCRIPTORS = 16

/**
 * `spawn`, settled once the program runs. Where there is no descriptor left, Node gives a child without pipes, says so only
 * by an event that ends the server when nobody listens, and never closes the pipes that it made.
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

/** Throws where so many can't be had. */
function tryDescriptors(count: number): void {
  const opened: number[] = []
  try {
    while (opened.length < count) opened.push(openSync('/dev/null', 'r'))
  } finally {
    for (const fd of opened) closeSync(fd)
  }
}
