/** Reads the project's own files. */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

export type Source = { readonly path: string; readonly text: string }

const ROOT = join(import.meta.dirname, '../..')
const NOT_OURS = new Set(['node_modules', '.git', '.cache', 'data', 'dist', 'artifacts', '__pycache__'])

/** Every file below the given folders of the project that `keep` takes, with paths as the project says them. */
export function readSources(folders: readonly string[], keep: (path: string) => boolean): readonly Source[] {
  return folders
    .flatMap((folder) => [...walk(folder)])
    .filter(keep)
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}

export const isTypeScript = (path: string): boolean => /\.tsx?$/.test(path)

function* walk(path: string): Generator<string> {
  const full = join(ROOT, path)
  const entry = statSync(full, { throwIfNoEntry: false })
  if (entry?.isFile()) yield path
  if (!entry?.isDirectory()) return
  for (const name of readdirSync(full).sort()) {
    if (!NOT_OURS.has(name)) yield* walk(path === '.' ? name : `${path}/${name}`)
  }
}
