/** `uv python install`: brings a Python to this server. It runs as the server, and writes to the folder of uv's Pythons alone. */

import { once } from 'node:events'
import { homedir } from 'node:os'
import { guard } from '../../guard.ts'
import { readLines } from '../sandbox/read-lines.ts'
import { startProcess } from '../sandbox/start-process.ts'
import type { BuildLine } from './build-session.ts'

const guarded = guard('the installation of a Python')

export type PythonInstaller = {
  /** Installs a version such as `3.10`. Rejects with an Error in uv's own words. */
  install(version: string, onLine: (line: BuildLine) => void): Promise<void>
  /** Ends what is being installed. */
  close(): Promise<void>
}

type Options = {
  /** The program. */
  readonly uv: string
  /** Where uv keeps its Pythons. */
  readonly folder: string
  /** The server's variables of uv, such as its mirrors. */
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
    // No links in ~/.local/bin: other programs of this machine keep their Python.
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

/** The URL of a mirror may hold a user and a password. */
const withoutCredentials = (text: string): string => text.replaceAll(/(\w:\/\/)[^\s/@]+@/g, '$1***@')
