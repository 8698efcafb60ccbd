import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { RuntimeCompiler } from '../../../src/workers/sandbox/plain/compile.ts'
import { createDirectory } from '../../helpers/databases.ts'
import { folderWith } from '../../helpers/programs.ts'

const PYTHON = execFileSync('python3', ['-c', 'import sys; print(sys.executable); print(sys.version.split()[0])'])
const [python = '', version = ''] = PYTHON.toString().split('\n')

type Cleanup = { after(fn: () => void): void }

/** Each server compiles a copy of the sources. */
function createServers(t: Cleanup) {
  const kept = join(createDirectory(t), 'runtimes')
  const calls = join(createDirectory(t), 'calls')
  writeFileSync(calls, '')
  const counting = folderWith('python', `#!/bin/sh\necho called >>'${calls}'\nexec '${python}' "$@"\n`)
  t.after(counting.remove)
  const interpreter = { name: 'python3', language: 'python', prefix: '/usr', packages: null, version } as const
  const start = async (source = 'def say(): return "one"\n'): Promise<string> => {
    const folder = createDirectory(t)
    mkdirSync(join(folder, 'inner'))
    writeFileSync(join(folder, 'inner/part.py'), source)
    await new RuntimeCompiler(folder, kept).compile({ ...interpreter, executable: join(counting.path, 'python') })
    return folder
  }
  return { kept, start, count: () => readFileSync(calls, 'utf8').split('\n').length - 1 }
}

/** Python does not look at the source of such a file, so another text shows which of them it reads. */
function say(folder: string): string {
  writeFileSync(join(folder, 'inner/part.py'), 'def say(): return "the source"\n')
  const program = `import sys; sys.path.insert(0, ${JSON.stringify(folder)}); from inner.part import say; print(say())`
  return execFileSync(python, ['-I', '-B', '-c', program]).toString().trim()
}

test('the sources are compiled once for all servers', async (t) => {
  const { start, count } = createServers(t)
  const folders = [await start(), await start(), await start()]
  assert.deepEqual(folders.map(say), ['one', 'one', 'one'])
  assert.equal(count(), 1)
})

test('changed sources are compiled anew', async (t) => {
  const { start, count } = createServers(t)
  await start()
  assert.equal(say(await start('def say(): return "two"\n')), 'two')
  assert.equal(count(), 2)
})

test('a damaged file is compiled anew', async (t) => {
  const { kept, start, count } = createServers(t)
  await start()
  const [name = ''] = readdirSync(kept)
  writeFileSync(join(kept, name), readFileSync(join(kept, name)).subarray(0, -10))
  assert.equal(say(await start()), 'one')
  assert.equal(count(), 2)
  assert.equal(say(await start()), 'one')
  assert.equal(count(), 2)
})

test('where nothing can be kept, each server compiles', async (t) => {
  const { kept, start, count } = createServers(t)
  writeFileSync(kept, 'a file, so that there is no folder')
  assert.deepEqual([say(await start()), say(await start())], ['one', 'one'])
  assert.equal(count(), 2)
})

test('the oldest versions are removed', async (t) => {
  const { kept, start } = createServers(t)
  mkdirSync(kept)
  for (let age = 1; age <= 25; age += 1) {
    writeFileSync(join(kept, `${age} days old`), '')
    utimesSync(join(kept, `${age} days old`), 0, Date.now() / 1000 - age * 86_400)
  }
  await start()
  const names = readdirSync(kept)
  assert.equal(names.length, 20)
  assert.ok(names.includes('19 days old') && !names.includes('20 days old'), names.join())
})
