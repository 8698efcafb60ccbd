/** Stores the learned imports of an environment next to its packages. */

import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CodeText } from '../../domain/modules/module-files.ts'
import { addSet, type LearnedSets, modulesToLearn, readSets } from '../../domain/packages/ahead-imports.ts'
import type { InstalledPackages } from '../../domain/run.ts'

const NAME = 'imports.json'
const MAX_BYTES = 64 * 1024

const fileOf = ({ sitePackages }: InstalledPackages): string => join(dirname(sitePackages), NAME)

export function readLearned(environment: InstalledPackages): LearnedSets {
  try {
    const file = fileOf(environment)
    return statSync(file).size > MAX_BYTES ? [] : readSets(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return []
  }
}

/** Returns the stored modules. */
export function learnImports(
  environment: InstalledPackages,
  code: CodeText,
  reported: readonly string[],
): readonly string[] {
  try {
    const installed = new Set(readdirSync(environment.sitePackages).map((name) => name.split('.', 1)[0]))
    const set = modulesToLearn(code, reported, (top) => installed.has(top))
    if (set.length === 0) return []
    const file = fileOf(environment)
    const fresh = `${file}.${process.pid}`
    writeFileSync(fresh, JSON.stringify(addSet(readLearned(environment), set)))
    renameSync(fresh, file)
    return set
  } catch {
    return [] // the environment was removed, or is not writable
  }
}
