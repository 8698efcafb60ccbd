/** Which Pythons a server finds, and that it starts each only once. */

import assert from 'node:assert/strict'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { discoverInterpreters } from '../../../../src/workers/sandbox/machine/interpreters.ts'

/** A stand-in for a Python, which writes down that it was started. */
function createMachine(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'workflows-pythons-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const [folder, cacheDir, starts] = [join(root, 'bin'), join(root, 'cache'), join(root, 'starts')]
  for (const made of [folder, cacheDir]) mkdirSync(made)
  writeFileSync(starts, '')
  const write = (name: string, version: string, executable = '$(realpath "$0")'): void => {
    const path = join(folder, name)
    writeFileSync(path, `#!/bin/sh\necho ${name} >>${starts}\necho "${executable}"\necho ${root}\necho ${version}\n`)
    chmodSync(path, 0o755)
  }
  const discover = async () =>
    [...(await discoverInterpreters(cacheDir, [folder])).values()].map(({ name, version }) => [name, version])
  const countStarts = () => readFileSync(starts, 'utf8').split('\n').length - 1
  return { folder, cacheDir, write, discover, countStarts }
}

test('a Python is started once, however many names it has, and not again by the next server', async (t) => {
  const { folder, write, discover, countStarts } = createMachine(t)
  write('python3.12', '3.12.4')
  symlinkSync('python3.12', join(folder, 'python3'))
  const found = await discover()
  assert.deepEqual(found, [
    ['python3.12', '3.12.4'],
    ['python3', '3.12.4'],
  ])
  assert.equal(countStarts(), 1)
  assert.deepEqual(await discover(), found)
  assert.equal(countStarts(), 1)
})

test('a Python whose file was replaced is started again; one that is gone is not found', async (t) => {
  const { folder, write, discover, countStarts } = createMachine(t)
  write('python3.12', '3.12.4')
  await discover()
  rmSync(join(folder, 'python3.12'))
  assert.deepEqual(await discover(), [])
  write('python3.12', '3.12.5')
  assert.deepEqual((await discover())[0], ['python3.12', '3.12.5'])
  assert.equal(countStarts(), 2)
})

test('a script that starts another Python is started each time', async (t) => {
  const { write, discover, countStarts } = createMachine(t)
  write('python3.12', '3.12.4', '/somewhere/python3.12')
  await discover()
  await discover()
  assert.equal(countStarts(), 2)
})

test('what is kept and cannot be read, is of another file, or says what no Python says counts for nothing', async (t) => {
  const { folder, cacheDir, write, discover, countStarts } = createMachine(t)
  write('python3.12', '3.12.4')
  const found = await discover()
  const kept = join(cacheDir, 'pythons.json')
  const right = readFileSync(kept, 'utf8')
  const file = join(folder, 'python3.12')
  for (const wrong of [
    '',
    '{',
    '[]',
    `{"${file}": 1}`,
    right.replace('3.12.4', 'new'),
    right.replace('"stamp":"', '$&1'),
  ]) {
    writeFileSync(kept, wrong)
    const before = countStarts()
    assert.deepEqual(await discover(), found, wrong)
    assert.equal(countStarts(), before + 1, wrong)
    assert.equal(readFileSync(kept, 'utf8'), right)
  }
  appendFileSync(file, '# changed\n')
  const before = countStarts()
  await discover()
  assert.equal(countStarts(), before + 1)
})

test('without a folder to keep it in, each start starts them', async (t) => {
  const { cacheDir, write, discover, countStarts } = createMachine(t)
  rmSync(cacheDir, { recursive: true })
  write('python3.12', '3.12.4')
  await discover()
  assert.deepEqual((await discover()).length, 2)
  assert.equal(countStarts(), 2)
})
