/** The ZIP's bytes depend only on the files. */

import { strToU8, zipSync } from 'fflate'
import type { FolderFiles } from './layout.ts'

/** ZIP stores local times from 1980. */
const NO_TIME = new Date(1980, 0, 1)

export function packFolder(name: string, files: FolderFiles): Uint8Array {
  const entries = [...files].map(([path, text]) => [`${name}/${path}`, strToU8(text)] as const)
  return zipSync(Object.fromEntries(entries), { level: 6, mtime: NO_TIME })
}
