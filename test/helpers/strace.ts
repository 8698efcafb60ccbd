/** strace records system calls in order, without help from the program. */

import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { findCommand } from '../../scripts/set-up/system-packages.ts'

const CALLS = 'read,recvfrom,recvmsg,write,writev,sendto,sendmsg,pwrite64,pwritev,fsync,fdatasync'

/** `at` is in nanoseconds. `text` shows descriptors with their paths, and plain bytes. */
export type SystemCall = { readonly at: bigint; readonly text: string }

/**
 * Prefix for a command whose calls, and those of its children, go to the file. The command keeps its parent and its
 * process id (`-D`).
 */
export function straceTo(file: string): readonly string[] {
  const strace = findCommand('strace')
  if (strace === null) throw new Error('This test needs strace: install it, on Debian with: apt-get install strace')
  // The searched text may be anywhere in a page.
  const how = ['-D', '-f', '--seccomp-bpf', '-q', '-y', '-s', '66000', '--timestamps=unix,ns', '--signal=none']
  return [strace, ...how, '-e', `trace=${CALLS}`, '-o', file]
}

/**
 * Waits for a call that matches `last`. The kernel stops a process at each call until strace has noted it, so an effect
 * is always later than its cause.
 */
export async function readCalls(files: readonly string[], last: RegExp): Promise<readonly SystemCall[]> {
  for (let looks = 0; looks < 1800; looks += 1) {
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
