/**
 * Selects the tests of `npm run test:fast`, which need no server, browser or sandbox. The folder and the imports of a
 * file decide, so a new test needs no entry in a list.
 */

import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** Each of these tests runs for minutes, or installs something. */
const SLOW_FOLDERS = ['chaos', 'examples', 'fuzz', 'model', 'runtimes', 'scripts']
/** What starts servers, browsers and sandboxes. */
const SLOW_HELPERS = ['bare-sandbox', 'browser', 'engines', 'few-descriptors', 'pool', 'programs', 'server', 'strace']

/** The tests of the fast run that need PostgreSQL are left out by name: starting it takes 2 s in each file. */
export const SLOW_NAMES = 'on PostgreSQL'

/** Returns their paths, relative to the root of the project. */
export const findFastTests = (root: string): readonly string[] => findTestsWithout(SLOW_HELPERS, root)

/** Those of them that need no PostgreSQL either. */
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

/** Whether a file is one of `wanted` or imports one through files of `folder`. */
function reaches(path: string, wanted: ReadonlySet<string>, folder: string, seen: Set<string>): boolean {
  if (wanted.has(path)) return true
  if (seen.has(path)) return false
  seen.add(path)
  return importsOf(path).some((next) => next.startsWith(folder) && reaches(next, wanted, folder, seen))
}

/** The files that a file loads; imports of types load nothing. */
function importsOf(path: string): readonly string[] {
  const imports = readFileSync(path, 'utf8').matchAll(/^(?:import|export)(?! type)[^'"]*?from '(\.[^']+)'/gm)
  return [...imports].map(([, target = '']) => resolve(dirname(path), target))
}
