/** Other processes may change the folders during a listing. */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Omits paths that disappear during the listing, for which Node's recursive listing fails. */
export function listBelow(folder: string): readonly string[] {
  const entries = unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? []
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? [path, ...listBelow(path)] : [path]
  })
}

/** Returns null if the file or folder was removed after the listing. */
export function unlessGone<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
