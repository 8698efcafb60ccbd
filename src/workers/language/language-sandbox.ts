import { chmodSync, chownSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PYTHON_FLAGS, stage, writeArgs } from '../sandbox/bwrap/commands.ts'
import { NO_NETWORK, writeEtc } from '../sandbox/bwrap/etc.ts'
import { bwrapOptions, functionEnvironment, listMounts, MOUNTS } from '../sandbox/bwrap/options.ts'
import { makeFolder, openToAll, removeFolder } from '../sandbox/machine/folders.ts'
import type { Interpreter } from '../sandbox/machine/interpreters.ts'
import { type Start, startUncovered, startWithBinds, type User } from '../sandbox/machine/reach.ts'
import { buildSeccompFilter } from '../sandbox/seccomp/filter.ts'

/** Null: Landlock isolates the process. */
export type LanguageSandboxOptions = {
  readonly bwrap: string | null
  readonly runtimesDir: string
  readonly nodeTypes: readonly string[]
}

/** The first word of the command line is a file in `folder`. */
export type Program = { readonly folder: string; readonly words: readonly [string, ...string[]] }

type Wanted = {
  readonly program: Program
  readonly interpreter: Interpreter
  readonly sitePackages: string | null
  readonly user: User
}

export type Prepared = {
  readonly start: Start
  readonly environment: Readonly<Record<string, string>>
  readonly cwd: string
  readonly opened: readonly string[]
  readonly places: Places
  remove(): Promise<void>
}

export type Places = { readonly work: string; readonly packages: string | null; readonly types: string }

const PROGRAM = '/opt/program'
const ARGS_FD = 3
const SECCOMP_FD = 4
export const NAMESPACE_FD = { bwrap: 5, landlock: 3 } as const
const MEMORY_BYTES = 768 * 1024 * 1024
/** The host ends idle servers long before. */
const CPU_SECONDS = 900
const BOUNDS = {
  RAYON_NUM_THREADS: '2',
  TY_MAX_PARALLELISM: '2',
  GOMAXPROCS: '2',
  GOMEMLIMIT: '512MiB',
  NO_COLOR: '1',
} as const
const TYPES = 'language/types'
const HRFLOW = 'node/hrflow'

export type LanguageSandbox = { prepare(wanted: Wanted): Prepared; close(): Promise<void> }

export async function createLanguageSandbox(options: LanguageSandboxOptions): Promise<LanguageSandbox> {
  const folder = makeFolder()
  const runtimes = join(folder, 'runtimes')
  for (const part of ['language', 'workflow_runtime'])
    await cp(join(options.runtimesDir, part), join(runtimes, part), {
      recursive: true,
      filter: (path) => !path.includes('__pycache__'),
    })
  await cp(join(options.runtimesDir, HRFLOW), join(runtimes, TYPES, 'node_modules/hrflow'), { recursive: true })
  for (const source of options.nodeTypes)
    await cp(source, join(runtimes, TYPES, 'node_modules', nameOfPackage(source)), { recursive: true })
  openToAll(runtimes)
  const filter = join(folder, 'seccomp')
  writeFileSync(filter, buildSeccompFilter('none'))
  chmodSync(filter, 0o644)
  if (options.bwrap !== null) writeEtc(join(folder, 'etc'), NO_NETWORK)
  let count = 0
  const prepare = options.bwrap === null ? prepareLandlock : prepareBwrap
  return {
    prepare: (wanted) => {
      count += 1
      return prepare({ ...options, folder, runtimes, filter, number: count }, wanted)
    },
    close: () => removeFolder(folder),
  }
}

type Made = LanguageSandboxOptions & {
  readonly folder: string
  readonly runtimes: string
  readonly filter: string
  readonly number: number
}

function prepareBwrap(made: Made, { program, interpreter, sitePackages, user }: Wanted): Prepared {
  const { folder, number } = made
  const { executable, prefix } = interpreter
  const { runtimes } = made
  const mounts = [
    ...listMounts({ etc: join(folder, 'etc'), runtimes, sitePackages, prefix, node: null }),
    { source: program.folder, target: PROGRAM },
  ]
  const environment = { ...functionEnvironment(MOUNTS.home, null, dirname(executable)), ...BOUNDS }
  const { argsFile, binds } = writeArgs(folder, number, mounts, (moved) => bwrapOptions(moved, environment, SECCOMP_FD))
  const places = placesOf(join(MOUNTS.home, 'work'), MOUNTS.runtimes, sitePackages === null ? null : MOUNTS.packages)
  const command = commandOf(program, PROGRAM)
  const words = serve(executable, MOUNTS.runtimes, { ...places, command, landlock: null })
  return {
    start: startWithBinds(binds, [made.bwrap ?? '', '--args', String(ARGS_FD), '--', ...words], user),
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    cwd: '/',
    opened: [argsFile, made.filter],
    places,
    remove: () => removeFolder(argsFile),
  }
}

function prepareLandlock(made: Made, { program, interpreter, sitePackages, user }: Wanted): Prepared {
  const { folder, filter, runtimes } = made
  const { executable, prefix } = interpreter
  const packages = sitePackages === null ? null : realpathSync(sitePackages)
  const programFolder = realpathSync(program.folder)
  const needed = [prefix, programFolder, ...(packages === null ? [] : [packages])]
  const home = mkdtempSync(join(folder, 'home-'))
  if (user.uid !== null) chownSync(home, user.uid, user.uid)
  const places = placesOf(join(home, 'work'), runtimes, packages)
  const landlock = { home, filter, readable: [runtimes, ...needed] }
  const words = serve(executable, runtimes, { ...places, command: commandOf(program, programFolder), landlock })
  return {
    start: startUncovered(needed, (index) => stage(folder, `plain-${index}`), words, user),
    environment: { ...functionEnvironment(home, null, dirname(executable)), ...BOUNDS },
    cwd: home,
    opened: [],
    places,
    remove: () => removeFolder(home),
  }
}

const placesOf = (work: string, runtimes: string, packages: string | null): Places => ({
  work,
  packages,
  types: join(runtimes, TYPES),
})

const commandOf = ({ words: [name, ...rest] }: Program, folder: string): readonly string[] => [
  join(folder, name),
  ...rest,
]

const nameOfPackage = (folder: string): string => folder.slice(folder.lastIndexOf('node_modules/') + 13)

type Landlock = { readonly home: string; readonly filter: string; readonly readable: readonly string[] }

/** `ps` shows these options: no data of a workflow. */
function serve(
  executable: string,
  runtimes: string,
  { work, command, landlock }: { work: string; command: readonly string[]; landlock: Landlock | null },
): readonly string[] {
  const options = { command, work, memory: MEMORY_BYTES, cpu: CPU_SECONDS, landlock }
  return [executable, ...PYTHON_FLAGS, join(runtimes, 'language/serve.py'), JSON.stringify(options)]
}
