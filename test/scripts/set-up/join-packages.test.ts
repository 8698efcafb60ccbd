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
  'package.json': JSON.stringify({
    name: 'numbers',
    type: 'module',
    exports: { '.': { import: './build/index.mjs' }, './more': { import: './build/more/index.mjs' } },
  }),
  'build/index.mjs': `export * from './one.mjs'\nexport { count } from './state.mjs'\n`,
  'build/more/index.mjs': `import { count } from '../state.mjs'\nexport { join } from 'node:path'\nexport const next = () => count.value += 1\n`,
  'build/one.mjs': 'export const one = 1\n',
  'build/state.mjs': 'export const count = { value: 0 }\n',
}
for (const [name, text] of Object.entries(FILES)) {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), text)
}

/** Prints what a program sees of the package, and how many of its files it loads. */
const PROGRAM = `
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load: (url, context, next) => { if (url.includes('/numbers/')) loaded.push(url); return next(url, context) } })
const numbers = await import('numbers')
const more = await import('numbers/more')
more.next()
console.log(JSON.stringify({ names: [...Object.keys(numbers), ...Object.keys(more)].sort(), count: numbers.count.value, files: loaded.length }))
`
const run = () => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM], { cwd: root })
  return stdout.length === 0 ? stderr.toString() : JSON.parse(stdout.toString())
}

test('a joined package exports the same, with one state for all its modules, from fewer files', async () => {
  const seen = { names: ['count', 'join', 'next', 'one'], count: 1 }
  assert.deepEqual(run(), { ...seen, files: 4 })
  await ensureJoinedPackages(root, ['numbers'])
  assert.deepEqual(run(), { ...seen, files: 3 })
})

test('a package is joined once', async () => {
  await ensureJoinedPackages(root, ['numbers'])
  writeFileSync(join(folder, 'build/index.mjs'), 'export const changed = true\n')
  await ensureJoinedPackages(root, ['numbers'])
  assert.match(readFileSync(join(folder, 'build/index.mjs'), 'utf8'), /changed/)
  assert.deepEqual(readdirSync(join(folder, 'build')).sort(), ['index.mjs', 'more', 'one.mjs', 'state.mjs'])
})

test('a package that is missing is left out', async () => {
  await ensureJoinedPackages(root, ['no-numbers'])
})
