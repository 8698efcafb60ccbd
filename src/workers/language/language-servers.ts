import type { ChildProcess } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { Language } from '../../domain/shared/language.ts'
import { guard } from '../../guard.ts'
import { findBwrap } from '../sandbox/machine/availability.ts'
import { type Interpreter, readEnvironment } from '../sandbox/machine/interpreters.ts'
import { inherited, type SandboxUsers } from '../sandbox/machine/users.ts'
import { endFirstWithoutMemory, killTree, listTree } from '../sandbox/process/processes.ts'
import { startProcess } from '../sandbox/process/start-process.ts'
import { encodeFrame, FrameReader } from '../worker/frames.ts'
import {
  createLanguageSandbox,
  type LanguageSandbox,
  NAMESPACE_FD,
  type Places,
  type Prepared,
  type Program,
} from './language-sandbox.ts'

/** `L`: a message of the protocol. `F`: files to write. `R`: a file to read. */
type FrameKind = 'L' | 'F' | 'R'
type Frame = { readonly kind: unknown; readonly text: string }

export type LanguageServer = {
  readonly places: Places
  send(kind: FrameKind, text: string): boolean
  onFrame(listener: (frame: Frame) => void): void
  onExit(listener: () => void): void
  pause(): void
  resume(): void
  kill(): void
}

export type LanguageServers = {
  unavailable(language: Language): string | null
  /** `interpreter` is a Python for every language. Without `environment`, Python code gets the base packages. */
  start(wanted: {
    readonly language: Language
    readonly interpreter: Interpreter
    readonly environment: { readonly sitePackages: string } | null
  }): Promise<LanguageServer>
  close(): Promise<void>
}

type Options = {
  readonly tier: 'bwrap' | 'landlock' | 'none'
  readonly programFolders: readonly string[]
  readonly users: SandboxUsers
  readonly cacheDir: string
  readonly runtimesDir: string
  readonly modulesDir: string
}

const MAX_BACKLOG = 8 * 1024 * 1024
const FRAME_LIMITS = { header: 1024, payload: 8 * 1024 * 1024 }

export function createLanguageServers(options: Options): LanguageServers {
  const { tier, cacheDir, modulesDir, users } = options
  const programs = programsOf(cacheDir, modulesDir)
  const live = new Set<LanguageServer>()
  let sandbox: Promise<LanguageSandbox> | null = null

  const openSandbox = async (): Promise<LanguageSandbox> => {
    const found = tier === 'bwrap' ? await findBwrap(options.programFolders, users.shared) : null
    if (found !== null && 'absent' in found) throw new Error(found.absent)
    return createLanguageSandbox({ ...options, nodeTypes: typesOfNode(modulesDir), bwrap: found?.found ?? null })
  }

  return {
    unavailable(language) {
      if (tier === 'none') return 'This server has no sandbox for it.'
      const { folder, words } = programs[language]
      return existsSync(join(folder, words[0])) ? null : 'Its program is not installed. npm start brings it.'
    },
    async start({ language, interpreter, environment }) {
      sandbox ??= openSandbox()
      const opened = await sandbox.catch((error: unknown) => {
        sandbox = null
        throw error
      })
      const uid = users.take()
      const namespace = users.namespace === null ? null : NAMESPACE_FD[tier === 'bwrap' ? 'bwrap' : 'landlock']
      try {
        const base = language === 'python' ? readEnvironment(cacheDir, interpreter) : null
        const sitePackages = (environment ?? base)?.sitePackages ?? null
        const program = programs[language]
        const prepared = opened.prepare({ program, interpreter, sitePackages, user: { uid, namespace } })
        const child = await startIn(prepared, users)
        const server = follow(child, prepared, tier === 'bwrap')
        live.add(server)
        server.onExit(() => {
          live.delete(server)
          users.release(uid)
        })
        return server
      } catch (error) {
        users.release(uid)
        throw error
      }
    },
    async close() {
      const ended = [...live].map((server) => new Promise<void>((resolve) => server.onExit(resolve)))
      for (const server of live) server.kill()
      await Promise.all(ended)
      await (await sandbox?.catch(() => null))?.close()
    },
  }
}

const programsOf = (cacheDir: string, modulesDir: string): Readonly<Record<Language, Program>> => ({
  python: { folder: join(cacheDir, 'ty'), words: ['ty', 'server'] },
  javascript: {
    folder: join(modulesDir, '@typescript', `typescript-${process.platform}-${process.arch}`, 'lib'),
    words: ['tsc', '--lsp', '--stdio'],
  },
})

const typesOfNode = (modulesDir: string): readonly string[] =>
  ['@types/node', 'undici-types'].map((name) => join(modulesDir, name)).filter((folder) => existsSync(folder))

async function startIn(prepared: Prepared, users: SandboxUsers): Promise<ChildProcess> {
  const { start, environment, cwd, opened } = prepared
  const descriptors = opened.map((path) => openSync(path, 'r'))
  try {
    return await startProcess(start.file, start.args, {
      stdio: ['pipe', 'pipe', 'ignore', ...descriptors, ...inherited(users)],
      ...start.identity,
      cwd,
      env: { ...environment },
      detached: true,
    })
  } finally {
    for (const fd of descriptors) closeSync(fd)
  }
}

function follow(child: ChildProcess, prepared: Prepared, hasNamespaces: boolean): LanguageServer {
  const { pid, stdin, stdout } = child
  if (pid === undefined || stdin === null || stdout === null) throw new Error('It started without pipes.')
  const frames: ((frame: Frame) => void)[] = []
  let hasExited = false
  const kill = () => {
    if (!hasExited) killTree(pid, hasNamespaces)
    // An unread output would keep its pipe open, and the process would never be closed.
    stdout.destroy()
  }
  const guarded = guard('a language server', kill)
  child.once('exit', () => {
    hasExited = true
  })
  const exit = new Promise<void>((resolve) => {
    child.once(
      'close',
      guarded(() => prepared.remove().finally(resolve)),
    )
  })
  const reader = new FrameReader(FRAME_LIMITS)
  let isFirst = true
  stdout.on(
    'data',
    guarded((chunk: Buffer) => {
      if (isFirst) endFirstWithoutMemory(listTree(pid))
      isFirst = false
      for (const { header, payload } of reader.push(chunk))
        for (const listener of frames) listener({ kind: header.kind, text: payload.toString('utf8') })
      if (reader.broken) kill()
    }),
  )
  // The process may end during a write.
  stdin.on('error', () => {})
  return {
    places: prepared.places,
    send(kind, text) {
      if (hasExited || stdin.writableLength > MAX_BACKLOG) return false
      stdin.write(encodeFrame({ kind }, [Buffer.from(text)]))
      return true
    },
    onFrame: (listener) => void frames.push(listener),
    onExit: (listener) => void exit.then(guarded(listener)),
    pause: () => void stdout.pause(),
    resume: () => void stdout.resume(),
    kill,
  }
}
