/** Folders of the server that the user of sandboxes can read. */

import { chmodSync, existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StartError } from '../../errors.ts'
import { isOpen } from './reach.ts'

/** Creates a folder that every user may enter. It holds nothing secret. */
export function makeFolder(): string {
  const isClosed = existsSync(tmpdir()) && !isOpen(tmpdir())
  const folder = makeTemporary(`workflows-${process.pid}-`, isClosed ? '/tmp' : tmpdir())
  chmodSync(folder, 0o755)
  return folder
}

/**
 * Creates a folder in memory that only the server may enter; null where it can't. On a disk (ext4) each new name looks past the
 * inodes of all that were removed in the last minutes: 6 % of the processors while sandboxes were made one after the other.
 */
export function makeFolderInMemory(): string | null {
  try {
    return mkdtempSync(`/dev/shm/workflows-${process.pid}-`)
  } catch {
    return null
  }
}

/** Creates a folder for this user alone, whose name begins like this. Throws a StartError where none can be made. */
export function makeTemporary(prefix: string, parent = tmpdir()): string {
  try {
    return mkdtempSync(join(parent, prefix))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new StartError(
      `The temporary directory ${parent} cannot be used (${why}). Sockets and folders of sandboxes are in it: make it writable ` +
        '(in a container: --tmpfs /tmp), or set TMPDIR.',
    )
  }
}

/** Makes a folder readable for every user, independent of the server's umask. */
export function openToAll(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) openToAll(path)
    else chmodSync(path, 0o644)
  }
}

export async function removeFolder(path: string | null): Promise<void> {
  if (path !== null) await rm(path, { recursive: true, force: true }).catch(() => {})
}
