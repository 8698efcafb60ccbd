import { readFile } from 'node:fs/promises'
import type { TestServer } from './server.ts'

/** Resident memory of the server's own process, in whole MiB. */
export async function memoryOf(server: TestServer): Promise<number> {
  const status = await readFile(`/proc/${server.process.pid}/status`, 'utf8')
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024)
}
