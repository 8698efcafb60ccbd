/** `uv python install` runs as the server's user and writes only to uv's folder of Pythons. */

import { once } from 'node:events'
import { homedir } from 'node:os'
import { guard } from '../../guard.ts'
import { readLines } from '../sandbox/process/read-lines.ts'
import { startProcess } from '../sandbox/process/start-process.ts'
import type { BuildLine } from './build-step.ts'

const guarded = guard('the installation of a Python')

export type PythonInstaller = {
  install(version: string, onLine: (line: BuildLine) => void): Promise<void>
  close(): Promise<void>
}

type Options = {
  readonly uv: string
  readonly folder: string
  readonly variables: Readonly<Record<string, string>>
}

const TIMEOUT_MS = 10 * 60_000
const MAX_DETAIL = 8_000
const MAX_LINES = 500

export function createPythonInstaller({ uv, folder, variables }: Options): PythonInstaller {
  const closing = new AbortController()
  const active = new Set<Promise<unknown>>()

  async function install(version: string, onLine: (line: BuildLine) => void): Promise<void> {
    closing.signal.throwIfAborted()
    // ~/.local/bin gets no links, so other programs keep their Python.
    const args = ['python', 'install', version, '--install-dir', folder, '--no-bin', '--color', 'never']
    const child = await startProcess(uv, [...args, '--no-progress'], {
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { HOME: homedir(), PATH: '/usr/local/bin:/usr/bin:/bin', ...variables },
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      signal: closing.signal,
    })
    const errors: string[] = []
    child.on(
      'error',
      guarded((error) => errors.push(error.message)),
    )
    const ended = once(child, 'close')
    for (const stream of ['stdout', 'stderr'] as const) {
      const input = child[stream]
      if (input === null) continue
      const take = (raw: string) => {
        const text = withoutCredentials(raw)
        if (stream === 'stderr' && errors.length < MAX_LINES) errors.push(text)
        onLine({ stream, text })
      }
      readLines(input, take, MAX_DETAIL)
    }
    const [code]: unknown[] = await ended
    if (code === 0) return
    const words = errors.join('\n').trim().slice(-MAX_DETAIL)
    throw new Error(words === '' ? `uv ended before Python ${version} was installed` : words)
  }

  return {
    install(version, onLine) {
      const work = install(version, onLine)
      active.add(work)
      const forget = () => active.delete(work)
      work.then(forget, forget)
      return work
    },
    async close() {
      closing.abort()
      await Promise.allSettled(active)
    },
  }
}

/** A mirror's URL may contain credentials. */
const withoutCredentials = (text: string): string => text.replaceAll(/(\w:\/\/)[^\s/@]+@/g, '$1***@')
