import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from './errors.ts'

/** The folder of this program with its package.json and examples: nearer in the clone than in the package that is made of it. */
export function findRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); dirname(folder) !== folder; folder = dirname(folder)) {
    if (existsSync(join(folder, 'examples')) && existsSync(join(folder, 'package.json'))) return folder
  }
  throw new Failure('Files of this program are missing: install it again.')
}

export const readVersion = (): string => JSON.parse(readFileSync(join(findRoot(), 'package.json'), 'utf8')).version
