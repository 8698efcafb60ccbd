/** What processes ask of the kernel, in order: strace from outside, with no help from the program. */

import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { findCommand } from '../../scripts/set-up/system-packages.ts'

const CALLS = 'read,recvfrom,recvmsg,write,writev,sendto,sendmsg,pwrite64,pwritev,fsync,fdatasync'

/** `at` is in nanoseconds. `text` is the call as strace shows it: descriptors with their paths, bytes in the clear. */
export type SystemCall = { readonly at: bigint; readonly text: string }

/**
 * The command line before a command so that its calls, and those of all that it starts, go to the file. The command keeps
 * its parent and its process id (`-D`).
 */
export function straceTo(file: string): readonly string[] {
  const strace = findCommand('strace')
  if (strace === null) throw new Error('This test needs strace: install it, on Debian with: apt-get install strace')
  // Whole pages: what is looked for may stand anywhere in them.
  const how = ['-D', '-f', '--seccomp-bpf', '-q', '-y', '-s', '66000', '--timestamps=unix,ns', '--signal=none']
  return [strace, ...how, '-e', `trace=${CALLS}`, '-o', file]
}

/**
 * The calls of all files as one list, once it has one that fits `last`. The kernel holds a process at each call until strace has noted it,
 * so an effect has a later time than its cause, in every process.
 */
export async function readCalls(files: readonly string[], last: RegExp): Promise<readonly SystemCall[]> {
  for (let looks = 0; looks < 100; looks += 1) {
    const texts = await Promise.all(files.map((file) => readFile(file, 'latin1')))
    const calls = texts.flatMap((text) => text.split('\n').flatMap(parseLine))
    if (calls.some(({ text }) => last.test(text))) return calls.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    await delay(100)
  }
  throw new Error(`strace has noted no call like ${last}`)
}

/** `1234  1700000000.123456789 write(1</dev/null>, "x", 1) = 1` */
function parseLine(line: string): readonly SystemCall[] {
  const [, seconds, nanoseconds, text] = /^\d+ +(\d+)\.(\d{9}) (.*)$/.exec(line) ?? []
  if (seconds === undefined || nanoseconds === undefined || text === undefined) return []
  return [{ at: BigInt(seconds + nanoseconds), text }]
}
