import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { findDefaultInterpreter, findInterpreters } from '../../../scripts/set-up/interpreters.ts'
import { writeProgram } from '../clone.ts'

const home = mkdtempSync(join(tmpdir(), 'workflows-interpreters-'))
after(() => rmSync(home, { recursive: true }))

/** A program that answers as a Python of this version does. */
function pythonThatSays(path: string, version: string, executable = join(home, path)): void {
  writeProgram(join(home, path), `echo ${version}; echo ${executable}`)
}

const nowhere = { path: '', home, pyenvRoot: null, uvPythons: join(home, 'nowhere'), system: join(home, 'nowhere') }

test("the system's Python is the default one, the first on PATH comes second", async () => {
  pythonThatSays('system/python3', '3.13.5')
  pythonThatSays('first/python3', '3.11.7')
  const path = `${home}/empty:${home}/first`
  const system = await findDefaultInterpreter({ ...nowhere, path, system: join(home, 'system') })
  assert.deepEqual(system, { runtime: 'python3', version: '3.13.5', executable: join(home, 'system/python3') })
  assert.equal((await findDefaultInterpreter({ ...nowhere, path }))?.version, '3.11.7')
})

test('a machine without Python has no default', async () => {
  assert.equal(await findDefaultInterpreter(nowhere), null)
  assert.deepEqual(await findInterpreters(nowhere), [])
})

test('a shim is followed to the Python behind it', async () => {
  pythonThatSays('.pyenv/shims/python3', '3.12.1', '/elsewhere/python3.12')
  const found = await findDefaultInterpreter({ ...nowhere, path: join(home, '.pyenv/shims') })
  assert.equal(found?.executable, '/elsewhere/python3.12')
})

test('every minor version from 3.6 on is found once: the default first, then PATH, then the newest of pyenv', async () => {
  pythonThatSays('many/python3', '3.13.5')
  pythonThatSays('many/python3.9', '3.9.2')
  pythonThatSays('many/python3.5', '3.5.10')
  writeProgram(join(home, 'many/python3.8'), 'exit 1')
  pythonThatSays('roots/versions/3.9.18/bin/python3', '3.9.18')
  pythonThatSays('roots/versions/3.10.2/bin/python3', '3.10.2')
  pythonThatSays('roots/versions/3.10.13/bin/python3', '3.10.13')
  pythonThatSays('roots/versions/3.13.0/bin/python3', '3.13.0')
  const search = { ...nowhere, path: join(home, 'many'), pyenvRoot: join(home, 'roots') }
  const found = (await findInterpreters(search)).map(({ runtime, version }) => `${runtime} ${version}`)
  assert.deepEqual(found, ['python3.9 3.9.2', 'python3.10 3.10.13', 'python3.13 3.13.5'])
})
