import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { before, test } from 'node:test'
import { ensureWebBuild } from '../../scripts/set-up/web.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const DIST = join(ROOT, 'web/dist')
const MOST_BYTES = 300_000

before(() => ensureWebBuild(ROOT))

/** The scripts that the first page loads before anything is clicked, and those that they import. */
function firstScripts(): readonly string[] {
  const page = readFileSync(join(DIST, 'index.html'), 'utf8')
  const found = new Set([...page.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map((match) => match[1] ?? ''))
  for (const path of found) {
    const source = readFileSync(join(DIST, path), 'utf8')
    for (const [, name] of source.matchAll(/(?:\bfrom|\bimport)\s*"\.\/([\w.-]+\.js)"/g)) found.add(`/assets/${name}`)
  }
  return [...found]
}

test('the first load is at most 300 kB of compressed JavaScript, without the editor', () => {
  const scripts = firstScripts()
  const bytes = scripts
    // What the server sends to browsers that take brotli.
    .map((path) => statSync(`${join(DIST, path)}.br`).size)
    .reduce((sum, size) => sum + size, 0)
  assert.ok(scripts.length > 0)
  assert.ok(bytes <= MOST_BYTES, `expected at most ${MOST_BYTES} bytes, found ${bytes} in ${scripts.join(', ')}`)
  assert.equal(
    scripts.some((path) => readFileSync(join(DIST, path), 'utf8').includes('cm-activeLineGutter')),
    false,
  )
})

test('the app loads nothing from other hosts', () => {
  const page = readFileSync(join(DIST, 'index.html'), 'utf8')
  assert.doesNotMatch(page, /(?:src|href)="(?:https?:)?\/\//)
  assert.doesNotMatch(page, /<script(?![^>]*\bsrc=)/)
})

test('the fonts of the first page take at most 100 kB, and come with their licences', () => {
  const files = readdirSync(join(DIST, 'assets'))
  const first = files.filter((name) => /-latin-wght-normal-.*\.woff2$/.test(name))
  assert.deepEqual(first.map((name) => name.split('-latin')[0]).toSorted(), ['inter', 'jetbrains-mono'])
  const bytes = first.map((name) => statSync(join(DIST, 'assets', name)).size).reduce((sum, size) => sum + size, 0)
  assert.ok(bytes <= 100_000, `expected at most 100000 bytes, found ${bytes}`)
  for (const font of ['inter', 'jetbrains-mono'])
    assert.match(readFileSync(join(DIST, `licences/${font}.txt`), 'utf8'), /SIL Open Font License, Version 1\.1/)
})
