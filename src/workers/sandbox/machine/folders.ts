import { chmodSync, existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { reasonOf, StartError } from '../../../errors.ts'
import { isOpen } from './reach.ts'
import { openTrees, rootIn } from './roots.ts'

/** Every user may enter the folder: no secrets. */
export function makeFolder(): string {
  const isClosed = existsSync(tmpdir()) && !isOpen(tmpdir())
  const folder = makeTemporary(`workflows-${process.pid}-`, isClosed ? '/tmp' : tmpdir())
  chmodSync(folder, 0o755)
  return folder
}

/** On ext4, each new name skips the inodes of recently removed files: 6 % of the CPU under continuous starts. */
export function makeFolderInMemory(): string | null {
  try {
    return mkdtempSync(join(rootIn('/dev/shm'), `workflows-${process.pid}-`))
  } catch {
    return null
  }
}

export function makeTemporary(prefix: string, parent = tmpdir()): string {
  try {
    return mkdtempSync(join(rootIn(parent), prefix))
  } catch (error) {
    const why = reasonOf(error)
    throw new StartError(
      `The temporary directory ${parent} cannot be used (${why}). Sockets and folders of sandboxes are in it: make it writable ` +
        '(in a container: --tmpfs /tmp), or set TMPDIR.',
    )
  }
}

export function openToAll(folder: string): void {
  chmodSync(folder, 0o755)
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) openToAll(path)
    else chmodSync(path, 0o644)
  }
}

export async function removeFolder(path: string | null): Promise<void> {
  if (path === null) return
  try {
    await rm(path, { recursive: true, force: true })
  } catch {
    await openTrees(dirname(path), [basename(path)]).catch(() => {})
    await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}
