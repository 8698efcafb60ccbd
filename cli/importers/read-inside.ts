import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, posix, sep } from 'node:path'

const MAX_BYTES = 1024 * 1024

/**
 * An export is untrusted. A link may lead to a person's keys, which a push would send. A device or a pipe never ends.
 */
export function readInside(root: string, path: string): string | null {
  try {
    const file = realpathSync(join(root, path))
    const facts = statSync(file)
    const isInside = file.startsWith(realpathSync(root) + sep)
    return isInside && facts.isFile() && facts.size <= MAX_BYTES ? readFileSync(file, 'utf8') : null
  } catch {
    return null
  }
}

/** Paths with slashes, of all folders whose names are not skipped. */
export function listFiles(root: string, wanted: RegExp, skipped: RegExp, folder = ''): readonly string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).filter(({ name }) => !skipped.test(name))
  const found = entries.flatMap((entry) => {
    const path = posix.join(folder, entry.name)
    if (entry.isDirectory()) return listFiles(root, wanted, skipped, path)
    return entry.isFile() && wanted.test(entry.name) ? [path] : []
  })
  return found.sort()
}
