import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { guard } from '../../../guard.ts'

/** libuv needs two descriptors to learn whether exec failed. */
const DESCRIPTORS = 6
const END_MS = 2_000

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

/** The process ends when its input ends. */
export async function endInput(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.stdin?.end()
  const slow = guard('the end of a process').setTimeout(() => child.kill('SIGKILL'), END_MS)
  await exit
  clearTimeout(slow)
}

function tryDescriptors(count: number): void {
  const opened: number[] = []
  try {
    while (opened.length < count) opened.push(openSync('/dev/null', 'r'))
  } finally {
    for (const fd of opened) closeSync(fd)
  }
}
