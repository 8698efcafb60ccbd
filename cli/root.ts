import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from './errors.ts'

/** The built package is deeper than the clone. */
export function findRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); dirname(folder) !== folder; folder = dirname(folder)) {
    if (existsSync(join(folder, 'examples')) && existsSync(join(folder, 'package.json'))) return folder
  }
  throw new Failure('Files of this program are missing: install it again.')
}

export const readVersion = (): string => JSON.parse(readFileSync(join(findRoot(), 'package.json'), 'utf8')).version
