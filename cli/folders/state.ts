/** What a folder was made from: kept in the folder itself, outside git, and never sent. */

import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FolderFiles } from '../../src/domain/folders/layout.ts'

export type State = {
  /** Of the server. */
  readonly url: string
  readonly id: string
  /** The files as the server had them when the folder was last pulled or pushed. */
  readonly base: FolderFiles
}

const STATE_FOLDER = '.workflows'
type Kept = { readonly path: string; readonly url: string; readonly id: string; readonly base: Record<string, string> }

/** Null where the folder was never pulled or pushed, or was copied from one that was. */
export function readState(folder: string): State | null {
  try {
    const kept: Kept = JSON.parse(readFileSync(join(folder, STATE_FOLDER, 'state.json'), 'utf8'))
    // A copy of a folder is to become a workflow of its own.
    if (kept.path !== realpathSync(folder)) return null
    return { url: kept.url, id: kept.id, base: new Map(Object.entries(kept.base)) }
  } catch {
    return null
  }
}

export function writeState(folder: string, { url, id, base }: State): void {
  const home = join(folder, STATE_FOLDER)
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, '.gitignore'), '*\n')
  const kept: Kept = { path: realpathSync(folder), url, id, base: Object.fromEntries(base) }
  writeFileSync(join(home, 'state.json'), `${JSON.stringify(kept, null, 1)}\n`)
}
