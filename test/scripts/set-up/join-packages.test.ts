import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ensureJoinedPackages } from '../../../scripts/set-up/join-packages.ts'

const root = mkdtempSync(join(tmpdir(), 'workflows-join-'))
after(() => rmSync(root, { recursive: true }))
const folder = join(root, 'node_modules/numbers')
const FILES = {
  'numbers/package.json': JSON.stringify({
    name: 'numbers',
    type: 'module',
    exports: { '.': { import: './build/index.mjs' }, './more': { import: './build/more/index.mjs' } },
  }),
  'numbers/build/index.mjs': `export * from './one.mjs'\nexport { count } from './state.mjs'\n`,
  'numbers/build/more/index.mjs': `import { count } from '../state.mjs'\nexport { join } from 'node:path'\nexport const next = () => count.value += 1\n`,
  'numbers/build/one.mjs': 'export const one = 1\n',
  'numbers/build/state.mjs': 'export const count = { value: 0 }\n',
  'letters/package.json': JSON.stringify({
    name: 'letters',
    exports: { '.': { types: './index.d.mts', default: './index.mjs' }, './more': { default: { default: './a.mjs' } } },
  }),
  'letters/index.mjs': `export { a } from './a.mjs'\n`,
  'letters/a.mjs': `export const a = 'a'\n`,
  'words/package.json': JSON.stringify({ name: 'words', main: 'lib/index.js' }),
  'words/lib/index.js': `const { count } = require('./state')\nexports.count = count\nexports.add = () => (count.value += 1)\n`,
  'words/lib/state.js': 'module.exports = { count: { value: 0 } }\n',
}
for (const [name, text] of Object.entries(FILES)) {
  mkdirSync(join(root, 'node_modules', name, '..'), { recursive: true })
  writeFileSync(join(root, 'node_modules', name), text)
}

/** Prints what a program sees of the package, and how many of its files it loads. */
const NUMBERS = `
const numbers = await import('numbers')
const more = await import('numbers/more')
more.next()
console.log(JSON.stringify({ names: [...Object.keys(numbers), ...Object.keys(more)].sort(), count: numbers.count.value, files: loaded.size }))
`
const WORDS = `
const { add, count } = await import('words')
add()
console.log(JSON.stringify({ count: count.value, files: loaded.size }))
`
const run = (program: string) => {
  const watch = `
import { registerHooks } from 'node:module'
const loaded = new Set()
registerHooks({ load: (url, context, next) => { if (url.includes('/node_modules/')) loaded.add(url); return next(url, context) } })
`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', watch + program], { cwd: root })
  return stdout.length === 0 ? stderr.toString() : JSON.parse(stdout.toString())
}

test('a joined package exports the same, with one state for all its modules, from fewer files', async () => {
  const seen = { names: ['count', 'join', 'next', 'one'], count: 1 }
  assert.deepEqual(run(NUMBERS), { ...seen, files: 4 })
  await ensureJoinedPackages(root, ['numbers'])
  assert.deepEqual(run(NUMBERS), { ...seen, files: 3 })
})

test('a joined CommonJS package exports the same, by name too, from one file', async () => {
  assert.deepEqual(run(WORDS), { count: 1, files: 2 })
  await ensureJoinedPackages(root, ['words'])
  assert.deepEqual(run(WORDS), { count: 1, files: 1 })
})

test('a joined package of modules that are not only for imports exports the same', async () => {
  const letters = `console.log(JSON.stringify({ ...(await import('letters')), files: loaded.size }))`
  assert.deepEqual(run(letters), { a: 'a', files: 2 })
  await ensureJoinedPackages(root, ['letters'])
  assert.deepEqual(run(letters), { a: 'a', files: 1 })
})

test('a package is joined once', async () => {
  await ensureJoinedPackages(root, ['numbers'])
  writeFileSync(join(folder, 'build/index.mjs'), 'export const changed = true\n')
  await ensureJoinedPackages(root, ['numbers'])
  assert.match(readFileSync(join(folder, 'build/index.mjs'), 'utf8'), /changed/)
  assert.deepEqual(readdirSync(join(folder, 'build')).sort(), ['index.mjs', 'joined', 'more', 'one.mjs', 'state.mjs'])
})

test('a package that is missing is left out', async () => {
  await ensureJoinedPackages(root, ['no-numbers'])
})
