/** Other processes may change the folders during a listing. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Omits paths that disappear during the listing, for which Node's recursive listing fails. */
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
