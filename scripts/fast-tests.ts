/**
 * `npm run test:fast` needs no server, browser or sandbox. Folders and imports decide, so that a new test needs no
 * entry.
 */

import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** Run for minutes or install something. */
const SLOW_FOLDERS = ['chaos', 'examples', 'fuzz', 'model', 'runtimes', 'scripts']
/** Start servers, browsers and sandboxes. */
const SLOW_HELPERS = ['bare-sandbox', 'browser', 'engines', 'few-descriptors', 'pool', 'programs', 'server', 'strace']

/** PostgreSQL takes 2 s to start in each file. */
export const SLOW_NAMES = 'on PostgreSQL'

export const findFastTests = (root: string): readonly string[] => findTestsWithout(SLOW_HELPERS, root)

export const findQuickTests = (root: string): readonly string[] =>
  findTestsWithout([...SLOW_HELPERS, 'cluster', 'databases'], root)

function findTestsWithout(helpers: readonly string[], root: string): readonly string[] {
  const tests = join(root, 'test')
  const isSlowFolder = (path: string): boolean => SLOW_FOLDERS.includes(relative(tests, path).split('/')[0] ?? '')
  const slow = new Set(helpers.map((name) => join(tests, `helpers/${name}.ts`)))
  return globSync('**/*.test.ts', { cwd: tests })
    .map((name) => join(tests, name))
    .filter((path) => !isSlowFolder(path) && !reaches(path, slow, tests, new Set()))
    .map((path) => relative(root, path))
    .sort()
}

function reaches(path: string, wanted: ReadonlySet<string>, folder: string, seen: Set<string>): boolean {
  if (wanted.has(path)) return true
  if (seen.has(path)) return false
  seen.add(path)
  return importsOf(path).some((next) => next.startsWith(folder) && reaches(next, wanted, folder, seen))
}

/** Type imports load no file. */
function importsOf(path: string): readonly string[] {
  const imports = readFileSync(path, 'utf8').matchAll(/^(?:import|export)(?! type)[^'"]*?from '(\.[^']+)'/gm)
  return [...imports].map(([, target = '']) => resolve(dirname(path), target))
}
