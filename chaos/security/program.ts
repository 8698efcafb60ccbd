/** The program of a clone, old or new: its own helpers start it and create workflows. */

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { startServer, TestServer } from '../../test/helpers/server.ts'
import type * as Workflows from '../../test/helpers/workflows.ts'

export type Program = {
  readonly root: string
  readonly start: typeof startServer
  readonly workflows: typeof Workflows
  /** Prints a line of what was seen. */
  readonly say: (line: string) => void
}

/** `root`: a clone that is set up for tests. */
export async function loadProgram(root: string): Promise<Program> {
  const path = (name: string) => join(resolve(root), 'test/helpers', name)
  const [{ startServer: start }, workflows] = await Promise.all([
    import(path('server.ts')),
    import(path('workflows.ts')),
  ])
  return { root: resolve(root), start, workflows, say: (line) => process.stdout.write(`  ${line}\n`) }
}

export const mib = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`

/** A field of /proc/PID/status, in bytes. */
export function memoryOf(pid: number | undefined, field = 'VmRSS'): number {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(found?.[1] ?? 0) * 1024
}

/** Owner, with the cookie that a browser would send. */
export async function createOwner(server: TestServer): Promise<string> {
  const find = () => /\/setup[?#]token=(\S+)/.exec(server.output())?.[1]
  for (let turn = 0; turn < 100 && find() === undefined; turn += 1) await new Promise((done) => setTimeout(done, 50))
  const token = find()
  const body = JSON.stringify({ token, name: 'Ada', email: 'ada@example.com', password: 'correct horse battery' })
  const headers = { 'content-type': 'application/json', origin: server.url }
  const answer = await fetch(`${server.url}/api/setup`, { method: 'POST', headers, body })
  if (answer.status >= 300) throw new Error(`${answer.status} ${await answer.text()}`)
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
}

export type Watch = { stop(): Promise<{ readonly waitMs: number; readonly heldMs: number }> }

/** Asks for /healthz again and again: the longest wait, and the most processor time of the loop's thread in one of them. */
export function watchLoop(server: TestServer, timeoutMs: number): Watch {
  const pid = server.process.pid
  const used = () => Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
  const worst = { waitMs: 0, heldMs: 0 }
  let isOn = true
  const loop = (async () => {
    while (isOn) {
      const [begun, before] = [performance.now(), used()]
      const isAnswered = await fetch(`${server.url}/healthz`, { signal: AbortSignal.timeout(timeoutMs) }).then(
        () => true,
        () => false,
      )
      worst.waitMs = Math.max(worst.waitMs, performance.now() - begun)
      worst.heldMs = Math.max(worst.heldMs, used() - before)
      if (!isAnswered) return
      await new Promise((done) => setTimeout(done, 20))
    }
  })()
  return {
    async stop() {
      isOn = false
      await loop
      return worst
    },
  }
}
