/** A hostile folder must not block other callers. */

import type { FolderFiles } from '../../../domain/folders/layout.ts'
import type { FolderSetting } from '../../../domain/folders/settings-env.ts'
import { UserError } from '../../../errors.ts'
import { createFairThreads } from '../../../workers/threads/fair-threads.ts'
import type * as tasks from './thread.ts'
import type { Read } from './thread.ts'

type Tasks = typeof tasks

export type FolderTasks = {
  readYaml(text: string): Promise<Readonly<Record<string, unknown>>>
  readEnv(text: string): Promise<readonly FolderSetting[]>
  writeYaml(fields: Readonly<Record<string, unknown>>): Promise<string>
  writeEnv(settings: readonly FolderSetting[]): Promise<string>
  pack(name: string, files: FolderFiles): Promise<Uint8Array>
}

export type FolderThreads = {
  of(principalId: string): FolderTasks
  close(): Promise<void>
}

/** The largest valid workflow.yaml takes 0.3 s. */
const MAX_MS = 10_000

export function createFolderThreads(maxMs = MAX_MS): FolderThreads {
  const threads = createFairThreads<unknown, unknown>({
    module: new URL('./thread.ts', import.meta.url),
    maxRunMs: maxMs,
  })
  const tasksOf = (owner: string): FolderTasks => {
    async function run<N extends keyof Tasks>(does: N, task: Parameters<Tasks[N]>[0]): Promise<ReturnType<Tasks[N]>> {
      try {
        return (await threads.run({ owner, does, task })) as ReturnType<Tasks[N]>
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
    }
  }
  return { of: tasksOf, close: () => threads.close() }
}

function accepted<T>(read: Read<T>): T {
  if ('value' in read) return read.value
  throw new UserError('invalid_archive', read.refused)
}
