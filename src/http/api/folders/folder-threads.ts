/** Reads and writes the texts of folders in threads, so that a hostile or large one holds no other caller up. */

import { Piscina } from 'piscina'
import type { FolderFiles } from '../../../domain/folders/layout.ts'
import type { FolderSetting } from '../../../domain/folders/settings-env.ts'
import { UserError } from '../../../errors.ts'
import type * as tasks from './thread.ts'
import type { Read } from './thread.ts'

type Tasks = typeof tasks

/** Each throws `unavailable` when it takes too long or needs too much memory. */
export type FolderThreads = {
  /** Throws `invalid_archive` for a text that is not valid. */
  readYaml(text: string): Promise<Readonly<Record<string, unknown>>>
  /** Throws `invalid_archive` with the number of the line that is wrong. */
  readEnv(text: string): Promise<readonly FolderSetting[]>
  writeYaml(fields: Readonly<Record<string, unknown>>): Promise<string>
  writeEnv(settings: readonly FolderSetting[]): Promise<string>
  pack(name: string, files: FolderFiles): Promise<Uint8Array>
  /** Ends its threads. */
  close(): Promise<void>
}

/** The largest legal workflow.yaml takes 0.3 s. A task that takes longer than this ends with its thread. */
const MAX_MS = 10_000
/** Two, so that a slow archive of one caller leaves room for the others. */
const MAX_THREADS = 2
const MAX_WAITING = 100
const MAX_HEAP_MIB = 512
/** A thread that has nothing to do ends after this time. */
const IDLE_MS = 60_000

/** Its threads start with the first task. */
export function createFolderThreads(maxMs = MAX_MS): FolderThreads {
  let threads: Piscina | null = null
  async function run<N extends keyof Tasks>(name: N, given: Parameters<Tasks[N]>[0]): Promise<ReturnType<Tasks[N]>> {
    threads ??= new Piscina({
      filename: new URL('./thread.ts', import.meta.url).href,
      minThreads: 0,
      maxThreads: MAX_THREADS,
      idleTimeout: IDLE_MS,
      maxQueue: MAX_WAITING,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
    })
    try {
      return await threads.run(given, { name, signal: AbortSignal.timeout(maxMs) })
    } catch (error) {
      throw new UserError(
        'unavailable',
        'The folder could not be read or written in time. Call again later.',
        { retryAfterSeconds: 10 },
        error,
      )
    }
  }
  return {
    readYaml: async (text) => accepted(await run('readYaml', text)),
    readEnv: async (text) => accepted(await run('readEnv', text)),
    writeYaml: async (fields) => await run('writeFields', fields),
    writeEnv: async (settings) => await run('writeEnv', settings),
    pack: async (name, files) => await run('pack', { name, files }),
    async close() {
      await threads?.destroy()
    },
  }
}

function accepted<T>(read: Read<T>): T {
  if ('value' in read) return read.value
  throw new UserError('invalid_archive', read.refused)
}
