import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isTypeScript, readSources } from './sources.ts'

const MAX_LINES = 300

const isOurs = (path: string): boolean => isTypeScript(path) && !path.startsWith('client/generated/')

test(`no file of ours is longer than ${MAX_LINES} lines`, () => {
  const sources = readSources(['src', 'scripts', 'web/src', 'client', 'cli'], isOurs)
  const long = sources
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES)
  assert.deepEqual(long, [])
})

test('the lint holds functions to 50 lines', () => {
  const config = JSON.parse(readFileSync(join(import.meta.dirname, '../../biome.json'), 'utf8'))
  const rule = config.linter.rules.complexity.noExcessiveLinesPerFunction
  assert.equal(rule.level, 'error')
  assert.equal(rule.options.maxLines, 50)
})

test('files are named in kebab-case', () => {
  const sources = readSources(['src', 'scripts', 'test', 'web/src', 'bench', 'chaos', 'client', 'cli'], isTypeScript)
  const odd = sources.map(({ path }) => path).filter((path) => !/^[a-z0-9./-]+$/.test(path))
  assert.deepEqual(odd, [])
})

const MAX_FILES = 16
/** Their files are alike, and a reader looks for one by its name. */
const SERIES = ['src/store/database/migrations', 'web/src/lib/i18n/fr']

/** The folders that hold more files than a person takes in at a glance, with how many. */
function fullFolders(paths: readonly string[]): readonly string[] {
  const counts = new Map<string, number>()
  for (const path of paths) {
    const folder = path.slice(0, path.lastIndexOf('/'))
    counts.set(folder, (counts.get(folder) ?? 0) + 1)
  }
  return [...counts]
    .filter(([folder, count]) => count > MAX_FILES && !SERIES.includes(folder))
    .map(([folder, count]) => `${folder}: ${count} files`)
}

test(`no folder holds more than ${MAX_FILES} files`, () => {
  const paths = readSources(['src', 'web/src', 'runtimes', 'client', 'cli'], () => true).map(({ path }) => path)
  assert.ok(paths.length > 100, `only ${paths.length} files were found`)
  assert.deepEqual(fullFolders(paths), [])
})

test('a folder that holds too many files is found', () => {
  const paths = Array.from({ length: MAX_FILES + 1 }, (_, index) => `src/store/part-${index}.ts`)
  assert.deepEqual(fullFolders(paths), [`src/store: ${MAX_FILES + 1} files`])
})

test('the lint forbids circles of imports, those of types too', () => {
  const config = JSON.parse(readFileSync(join(import.meta.dirname, '../../biome.json'), 'utf8'))
  const rule = config.linter.rules.suspicious.noImportCycles
  assert.equal(rule.level, 'error')
  assert.equal(rule.options.ignoreTypes, false)
})
