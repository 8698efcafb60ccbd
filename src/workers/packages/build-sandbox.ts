import type { ChildProcess } from 'node:child_process'
import { chmodSync, closeSync, cpSync, openSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeArgs } from '../sandbox/bwrap/commands.ts'
import { NO_NETWORK, writeEtc } from '../sandbox/bwrap/etc.ts'
import { bwrapOptions, functionEnvironment, isOfSystem, MOUNTS, type Mount } from '../sandbox/bwrap/options.ts'
import { makeTemporary } from '../sandbox/machine/folders.ts'
import type { Interpreter } from '../sandbox/machine/interpreters.ts'
import { type Start, startWithBinds } from '../sandbox/machine/reach.ts'
import { PipeMaker } from '../sandbox/process/pipes.ts'
import { startProcess } from '../sandbox/process/start-process.ts'
import { buildSeccompFilter } from '../sandbox/seccomp/filter.ts'
import { type BuildEnd, type BuildStep, followStep, type StepBounds } from './build-step.ts'

const PROGRAMS = join(import.meta.dirname, '../../../packages')
/** Paths inside the sandbox. Only `work` is writable on disk. */
export const INSIDE = {
  work: '/build',
  programs: '/opt/programs',
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

export type BuildSandbox = {
  run(place: BuildPlace, step: BuildStep, bounds: StepBounds): Promise<BuildEnd>
  close(): Promise<void>
}

type Options = {
  readonly bwrap: string
  readonly user: number | null
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
  const folder = makeTemporary('builds-')
  chmodSync(folder, 0o755)
  writeEtc(join(folder, 'etc'), NO_NETWORK)
  const programs = join(folder, 'programs')
  cpSync(PROGRAMS, programs, { recursive: true })
  const filter = join(folder, 'seccomp')
  writeFileSync(filter, buildSeccompFilter('own'))
  const maker = new PipeMaker(join(folder, 'pipes'))
  let count = 0

  function prepare(place: BuildPlace, step: BuildStep): Start & { readonly argsFile: string } {
    count += 1
    const python = pythonFor(place.interpreter, options)
    const { executable } = python
    const own = [
      { source: join(folder, 'etc'), target: '/etc' },
      { source: programs, target: INSIDE.programs },
    ]
    const mounts = [...own, ...toolMounts(place, python, options)]
    const { PYTHONDONTWRITEBYTECODE: _, ...environment } = functionEnvironment('/tmp', null, dirname(executable))
    const { argsFile, binds } = writeArgs(folder, count, mounts, (moved) =>
      bwrapOptions(moved, { ...environment, TMPDIR: join(INSIDE.work, 'tmp') }, SECCOMP_FD),
    )
    const program = [executable, '-I', '-S', '-B', join(INSIDE.programs, 'build.py'), programOptions(step)]
    const user = { uid: options.user, namespace: null }
    return { ...startWithBinds(binds, [options.bwrap, '--args', String(ARGS_FD), '--', ...program], user), argsFile }
  }

  return {
    async run(place, step, bounds) {
      const { argsFile, ...start } = prepare(place, step)
      // Node's pipes are sockets of the host's network namespace.
      const { pipes, descriptors } = await maker.open()
      try {
        for (const pipe of [pipes.jobs, pipes.results, pipes.control]) pipe.destroy()
        const child = await startInside(start, descriptors, [argsFile, filter])
        return await followStep(child, pipes, bounds)
      } finally {
        for (const pipe of Object.values(pipes)) pipe.destroy()
        await rm(argsFile, { force: true })
      }
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Closes `descriptors`. */
async function startInside(
  { file, args, identity }: Start,
  descriptors: readonly number[],
  files: readonly string[],
): Promise<ChildProcess> {
  const opened: number[] = []
  try {
    for (const path of files) opened.push(openSync(path, 'r'))
    return await startProcess(file, args, {
      stdio: ['ignore', ...descriptors.slice(1, 3), ...opened],
      ...identity,
      detached: true,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    })
  } finally {
    for (const fd of [...descriptors, ...opened]) closeSync(fd)
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
    ...(isOfSystem(prefix) ? [] : [{ source: prefix, target: prefix }]),
    { source: place.work, target: INSIDE.work, writable: true },
  ]
}

/** `ps` shows these options: no credentials. */
const programOptions = (step: BuildStep): string =>
  JSON.stringify({
    work: INSIDE.work,
    port: PORT,
    socket: join(INSIDE.gateway, 'socket'),
    memory: MEMORY_BYTES,
    file: FILE_BYTES,
    step,
  })
