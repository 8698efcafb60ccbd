import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { guard } from '../../../guard.ts'

/** libuv needs two descriptors to learn whether exec failed. */
const DESCRIPTORS = 6

/** Rejects if too few descriptors are free. Node would return a child without pipes and leak the opened ones. */
export function startProcess(file: string, args: readonly string[], options: SpawnOptions): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    const pipes = [options.stdio].flat().filter((stream) => stream === 'pipe').length
    tryDescriptors(DESCRIPTORS + 2 * pipes)
    const child = spawn(file, args, options)
    const guarded = guard('the start of a process', reject)
    child.once('error', reject)
    child.once(
      'spawn',
      guarded(() => {
        child.off('error', reject)
        resolve(child)
      }),
    )
  })
}

function tryDescriptors(count: number): void {
  const opened: number[] = []
  try {
    while (opened.length < count) opened.push(openSync('/dev/null', 'r'))
  } finally {
    for (const fd of opened) closeSync(fd)
  }
}
