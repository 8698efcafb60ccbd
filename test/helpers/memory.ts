import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { TestServer, Through } from './server.ts'

const PRINT_HELD = join(import.meta.dirname, 'print-held.ts')

/** Resident memory of the server's process, in MiB. */
export async function memoryOf(server: TestServer): Promise<number> {
  const status = await readFile(`/proc/${server.process.pid}/status`, 'utf8')
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024)
}

/** `heldBy` can ask the started server. */
export const withHeld: Through = ([file = '', ...args]) => ({
  file,
  args: ['--expose-gc', '--import', PRINT_HELD, ...args],
  identity: {},
})

/** Memory after garbage collection, in MiB. Garbage counts as resident memory for a long time. */
export async function heldBy(server: TestServer): Promise<number> {
  const printed = () => [...server.output().matchAll(/holds (\d+) bytes/g)]
  const { length } = printed()
  server.process.kill('SIGUSR2')
  while (printed().length === length) await delay(50)
  return Math.round(Number(printed().at(-1)?.[1]) / 2 ** 20)
}
