import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isTypeScript, readSources } from './sources.ts'

const MOST_LINES = 300

test(`no file of ours is longer than ${MOST_LINES} lines`, () => {
  const sources = readSources(['src', 'scripts', 'web/src'], isTypeScript)
  const long = sources
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > MOST_LINES)
  assert.deepEqual(long, [])
})

test('the lint holds functions to 50 lines', () => {
  const config = JSON.parse(readFileSync(join(import.meta.dirname, '../../biome.json'), 'utf8'))
  const rule = config.linter.rules.complexity.noExcessiveLinesPerFunction
  assert.equal(rule.level, 'error')
  assert.equal(rule.options.maxLines, 50)
})

test('files are named in kebab-case', () => {
  const sources = readSources(['src', 'scripts', 'test', 'web/src', 'bench', 'chaos'], isTypeScript)
  const odd = sources.map(({ path }) => path).filter((path) => !/^[a-z0-9./-]+$/.test(path))
  assert.deepEqual(odd, [])
})
