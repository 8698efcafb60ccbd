import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { importInTurns } from '../../src/imports/import-in-turns.ts'

const HOLDS_MS = 30
const holds = (name: string): string => `
const busy = () => Object.values(process.threadCpuUsage()).reduce((sum, part) => sum + part)
const from = busy()
while (busy() - from < ${HOLDS_MS * 1000});
(globalThis.ran ??= []).push('${name}')
`
const FILES: Readonly<Record<string, string>> = {
  'entry.mjs': `import './one.mjs'\nimport two from './two.cjs'\nimport 'node:fs'\n${holds('entry')}export default two`,
  'one.mjs': `import './round.mjs'\nimport './data.json' with { type: 'json' }\n${holds('one')}`,
  'round.mjs': `import { back } from './back.mjs'\nback()\n${holds('round')}`,
  'back.mjs': `import './round.mjs'\nexport function back() {}\n${holds('back')}`,
  'two.cjs': `module.exports = require('./three.cjs') + require('./data.json').number${holds('two')}`,
  'three.cjs': `${holds('three')};module.exports = 3`,
  'data.json': '{"number": 4}',
}

test('Z3-20 a module is imported in turns, in the order of a plain import', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-imports-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text)
  const url = pathToFileURL(join(folder, 'entry.mjs')).href
  let longest = 0
  let last = process.threadCpuUsage()
  const look = setInterval(() => {
    const { user, system } = process.threadCpuUsage(last)
    longest = Math.max(longest, (user + system) / 1000)
    last = process.threadCpuUsage()
  }, 1)
  await importInTurns(url, join(folder, 'kept'))
  clearInterval(look)
  const { default: value } = await import(url)
  assert.deepEqual([value, Reflect.get(globalThis, 'ran')], [7, ['back', 'round', 'one', 'three', 'two', 'entry']])
  // Two of the modules import each other.
  assert.ok(longest < 4 * HOLDS_MS, `one turn took ${longest} ms`)
})

const PROGRAM = `
const [, module, url, kept] = process.argv
const { importInTurns } = await import(module)
process.once('worker', () => console.log('thread'))
await importInTurns(url, kept)
console.log(globalThis.ran.join(' '))
`

test('the order of modules is found once, and again if a module has changed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-imports-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const write = (name: string, imports: readonly string[]) => {
    const lines = imports.map((other) => `import './${other}.mjs'`)
    writeFileSync(join(folder, `${name}.mjs`), [...lines, `(globalThis.ran ??= []).push('${name}')`].join('\n'))
  }
  write('entry', ['one', 'two'])
  for (const name of ['one', 'two', 'new']) write(name, [])
  const kept = join(folder, 'kept')
  const run = async () => {
    const given = [new URL('../../src/imports/import-in-turns.ts', import.meta.url).href, urlOf('entry'), kept]
    const program = ['--no-warnings', '--input-type=module', '-e', PROGRAM, '--', ...given]
    return (await promisify(execFile)(process.execPath, program)).stdout.trim().split('\n')
  }
  const urlOf = (name: string) => pathToFileURL(join(folder, `${name}.mjs`)).href
  assert.deepEqual(await run(), ['thread', 'one two entry'])
  assert.deepEqual(await run(), ['one two entry'])
  write('one', ['new'])
  assert.deepEqual(await run(), ['thread', 'new one two entry'])
  assert.deepEqual(await run(), ['new one two entry'])
  rmSync(join(folder, 'new.mjs'))
  write('one', [])
  assert.deepEqual(await run(), ['thread', 'one two entry'], 'a module that is gone')
  const [file = ''] = readdirSync(kept)
  writeFileSync(join(kept, file), readFileSync(join(kept, file), 'utf8').slice(0, 100))
  assert.deepEqual(await run(), ['thread', 'one two entry'], 'a damaged file')
  assert.equal(readdirSync(kept).length, 1)
})

test('a module that cannot be loaded is an error', async () => {
  await assert.rejects(importInTurns('file:///nothing/there.mjs'), /Cannot find module/)
})
