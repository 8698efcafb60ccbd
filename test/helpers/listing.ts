/** Folders in which others make and remove things meanwhile. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The paths of everything below a folder. What is removed while it is listed is left out; Node's own recursive listing fails then. */
export function listBelow(folder: string): readonly string[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? [path, ...listBelow(path)] : [path]
  })
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}
