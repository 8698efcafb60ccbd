import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Commands } from '../bwrap/commands.ts'
import { type Names, writeEtc } from '../bwrap/etc.ts'
import { makeFolder, makeFolderInMemory, openToAll, removeFolder } from '../machine/folders.ts'
import { PipeMaker } from '../process/pipes.ts'
import { buildSeccompFilter, type Network } from '../seccomp/filter.ts'
import { RuntimeCompiler } from './compile.ts'

export class SandboxFiles {
  readonly folder: string
  readonly runtimes: string
  readonly homes: string
  readonly pipes: PipeMaker
  readonly compiler: RuntimeCompiler
  readonly commands: Commands
  readonly #memory = makeFolderInMemory()
  readonly #filters = new Set<Network>()

  constructor(runtimesDir: string, cacheDir: string, names: Names | null) {
    this.folder = makeFolder()
    this.homes = join(this.folder, 'homes')
    mkdirSync(this.homes)
    chmodSync(this.homes, 0o711)
    this.pipes = new PipeMaker(join(this.#memory ?? this.folder, 'pipes'))
    this.runtimes = join(this.folder, 'runtimes')
    cpSync(runtimesDir, this.runtimes, { recursive: true, filter: (path) => !path.includes('__pycache__') })
    openToAll(this.runtimes)
    this.compiler = new RuntimeCompiler(join(this.runtimes, 'workflow_runtime'), join(cacheDir, 'runtimes'))
    this.commands = new Commands(this.folder)
    if (names !== null) writeEtc(join(this.folder, 'etc'), names)
  }

  filter(network: Network): string {
    const path = join(this.folder, `seccomp-${network}`)
    // A full disk can leave half of the file.
    if (!this.#filters.has(network)) {
      writeFileSync(path, buildSeccompFilter(network))
      chmodSync(path, 0o644)
      this.#filters.add(network)
    }
    return path
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
    await removeFolder(this.#memory)
  }
}
