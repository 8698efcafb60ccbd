/** The base stays outside git and is never sent. */

import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FolderFiles } from '../../src/domain/folders/layout.ts'

export type State = {
  readonly url: string
  readonly id: string
  /** The server's files at the last pull or push. */
  readonly base: FolderFiles
  /** Include settings that only functions wrote. */
  readonly withState: boolean
}

const STATE_FOLDER = '.workflows'
type Kept = Omit<State, 'base' | 'withState'> & {
  readonly path: string
  readonly base: Record<string, string>
  readonly withState?: boolean
}

export function readState(folder: string): State | null {
  try {
    const kept: Kept = JSON.parse(readFileSync(join(folder, STATE_FOLDER, 'state.json'), 'utf8'))
    // A copied folder becomes a separate workflow.
    if (kept.path !== realpathSync(folder)) return null
    return { url: kept.url, id: kept.id, base: new Map(Object.entries(kept.base)), withState: kept.withState === true }
  } catch {
    return null
  }
}

export const isWithState = (folder: string): boolean => readState(folder)?.withState === true

export function writeState(folder: string, { url, id, base, withState }: State): void {
  const home = join(folder, STATE_FOLDER)
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, '.gitignore'), '*\n')
  const kept: Kept = { path: realpathSync(folder), url, id, base: Object.fromEntries(base), withState }
  writeFileSync(join(home, 'state.json'), `${JSON.stringify(kept, null, 1)}\n`)
}
