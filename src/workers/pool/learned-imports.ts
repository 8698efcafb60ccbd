/** What the loads in an environment have taught, in a file beside its packages: it is there as long as they are. */

import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { CodeText } from '../../domain/modules/module-files.ts'
import { addSet, type LearnedSets, modulesToLearn, readSets } from '../../domain/packages/ahead-imports.ts'
import type { InstalledPackages } from '../../domain/run.ts'

const NAME = 'imports.json'
const MAX_BYTES = 64 * 1024

const fileOf = ({ sitePackages }: InstalledPackages): string => join(dirname(sitePackages), NAME)

/** Empty where nothing was learned, or the file can't be read. */
export function readLearned(environment: InstalledPackages): LearnedSets {
  try {
    const file = fileOf(environment)
    return statSync(file).size > MAX_BYTES ? [] : readSets(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return []
  }
}

/** Keeps which of the reported modules the code imports itself. Returns them; none where there is nothing to learn. */
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
    return [] // the environment was removed, or this server may not write to it
  }
}
