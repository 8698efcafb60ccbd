/** Runs uv or npm in a sandbox that can only reach the gateway to the package indexes. */

import { chmodSync, closeSync, cpSync, mkdirSync, openSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { guard } from '../../guard.ts'
import { NO_NETWORK, writeEtc } from '../sandbox/bwrap/etc.ts'
import { bwrapOptions, functionEnvironment, MOUNTS, type Mount } from '../sandbox/bwrap/options.ts'
import { makeTemporary } from '../sandbox/folders.ts'
import type { Interpreter } from '../sandbox/interpreters.ts'
import { PipeMaker } from '../sandbox/pipes.ts'
import { isOpen, isRoot, type Start, startWithBinds } from '../sandbox/reach.ts'
import { buildSeccompFilter } from '../sandbox/seccomp/filter.ts'
import { startProcess } from '../sandbox/start-process.ts'
import { type BuildSession, createBuildSession } from './build-session.ts'

const guarded = guard('the sandbox of a build')

/** Paths inside the sandbox. `work` is its only writable folder on disk. */
export const INSIDE = {
  work: '/build',
  uv: '/opt/uv',
  npm: '/opt/npm',
  gateway: '/run/gateway',
  links: '/opt/links',
} as const

type BuildPlace = {
  readonly interpreter: Interpreter
  readonly work: string
  readonly gatewayFolder: string
}

export type BuildSandbox = { open(place: BuildPlace): Promise<BuildSession>; close(): Promise<void> }

type Options = {
  readonly bwrap: string
  readonly user: number | null
  readonly runtimesDir: string
  readonly uvFolder: string
  readonly npmFolder: string
  readonly findPython: () => Interpreter | null
  readonly linkFolders: readonly string[]
}

const ARGS_FD = 3
const SECCOMP_FD = 4
const PORT = 4402
const MEMORY_BYTES = 4 * 1024 ** 3
const FILE_BYTES = 2 * 1024 ** 3

export function createBuildSandbox(options: Options): BuildSandbox {
  const folder = makeTemporary(`workflows-build-${process.pid}-`)
  chmodSync(folder, 0o755)
  writeEtc(join(folder, 'etc'), NO_NETWORK)
  const runtimes = join(folder, 'runtimes')
  cpSync(join(options.runtimesDir, 'packages'), join(runtimes, 'packages'), { recursive: true })
  const filter = join(folder, 'seccomp')
  writeFileSync(filter, buildSeccompFilter(process.arch === 'arm64' ? 'arm64' : 'x64', 'own'))
  const maker = new PipeMaker(join(folder, 'pipes'))
  let count = 0

  function prepare(place: BuildPlace): Start & { readonly argsFile: string } {
    count += 1
    const python = pythonFor(place.interpreter, options)
    const { executable } = python
    const own = [
      { source: join(folder, 'etc'), target: '/etc' },
      { source: runtimes, target: '/opt/runtimes' },
    ]
    const mounts = [...own, ...toolMounts(place, python, options)]
    const moved = mounts.map((mount, index) => {
      if (!isRoot() || isOpen(mount.source)) return mount
      const stage = join(folder, 'mounts', `${count}-${index}`)
      mkdirSync(stage, { mode: 0o755, recursive: true })
      return { ...mount, source: stage }
    })
    const binds = mounts.flatMap(({ source: from }, index) => {
      const to = moved[index]?.source ?? from
      return to === from ? [] : [{ from, to }]
    })
    const argsFile = join(folder, `args-${count}`)
    const { PYTHONDONTWRITEBYTECODE: _, ...environment } = functionEnvironment('/tmp', null, dirname(executable))
    const words = bwrapOptions(moved, { ...environment, TMPDIR: join(INSIDE.work, 'tmp') }, SECCOMP_FD)
    writeFileSync(argsFile, words.map((word) => `${word}\0`).join(''))
    const program = [executable, '-I', '-S', '-B', '/opt/runtimes/packages/build.py', PROGRAM_OPTIONS]
    const user = { uid: options.user, namespace: null }
    return { ...startWithBinds(binds, [options.bwrap, '--args', String(ARGS_FD), '--', ...program], user), argsFile }
  }

  return {
    async open(place) {
      const { file, args, identity, argsFile } = prepare(place)
      // Node's pipes are sockets in the host's network namespace.
      const { pipes, descriptors } = await maker.open()
      pipes.results.destroy()
      pipes.control.destroy()
      const opened: number[] = []
      try {
        for (const path of [argsFile, filter]) opened.push(openSync(path, 'r'))
        const child = await startProcess(file, args, {
          stdio: [...descriptors.slice(0, 3), ...opened],
          ...identity,
          detached: true,
          env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
        })
        return createBuildSession(child, pipes, () => guarded.start(() => rm(argsFile, { force: true })))
      } catch (error) {
        for (const pipe of Object.values(pipes)) pipe.destroy()
        throw error
      } finally {
        for (const fd of [...descriptors, ...opened]) closeSync(fd)
      }
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

function pythonFor(interpreter: Interpreter, { findPython }: Options): Interpreter {
  const python = interpreter.language === 'python' ? interpreter : findPython()
  if (python === null) throw new Error(`${interpreter.name} needs a Python beside it, and this machine has none`)
  return python
}

function toolMounts(place: BuildPlace, { prefix }: Interpreter, options: Options): readonly Mount[] {
  const { interpreter } = place
  return [
    { source: options.uvFolder, target: INSIDE.uv },
    ...(interpreter.language === 'javascript'
      ? [
          { source: options.npmFolder, target: INSIDE.npm },
          { source: interpreter.prefix, target: MOUNTS.node },
        ]
      : []),
    { source: place.gatewayFolder, target: INSIDE.gateway },
    ...options.linkFolders.map((source, index) => ({ source, target: join(INSIDE.links, String(index)) })),
    ...(prefix === '/usr' || prefix.startsWith('/usr/') ? [] : [{ source: prefix, target: prefix }]),
    { source: place.work, target: INSIDE.work, writable: true },
  ]
}

const PROGRAM_OPTIONS = JSON.stringify({
  work: INSIDE.work,
  port: PORT,
  socket: join(INSIDE.gateway, 'socket'),
  memory: MEMORY_BYTES,
  file: FILE_BYTES,
})
