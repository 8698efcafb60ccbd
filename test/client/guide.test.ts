/** The programs of docs/guides/api.md, as they are. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { startServer, type TestServer } from '../helpers/server.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const PACKAGES = join(ROOT, '.cache/environments/python3/site-packages')

let server: TestServer
let folder: string
before(async () => {
  server = await startServer()
  folder = mkdtempSync(join(tmpdir(), 'workflows-guide-'))
  // Behind a link it would find the packages of this project.
  cpSync(join(ROOT, 'client'), join(folder, 'client'), { recursive: true })
})
after(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Writes the guide's program of this language into the folder. */
function writeProgram(language: string, name: string): string {
  const guide = readFileSync(join(ROOT, 'docs/guides/api.md'), 'utf8')
  const [, program = ''] = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(guide) ?? []
  assert.notEqual(program, '')
  const path = join(folder, name)
  writeFileSync(path, program)
  return path
}

async function run(file: string, args: readonly string[]): Promise<string[]> {
  const env = { PATH: process.env.PATH, WORKFLOWS_URL: server.url, WORKFLOWS_API_KEY: server.apiKey }
  const { stdout } = await promisify(execFile)(file, args, { env: { ...env, PYTHONPATH: PACKAGES } })
  return stdout.trim().split('\n')
}

test('its TypeScript program runs', async () => {
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}')
  const lines = await run(process.execPath, [writeProgram('ts', 'program.ts')])
  assert.deepEqual(lines, ['Hello, Ada', 'CALLS 1', '404 There is no run "run_0".'])
})

test('its Python program runs', async () => {
  const lines = await run('python3', [writeProgram('python', 'workflows_api.py')])
  assert.deepEqual(lines, ['Hello, Ada', 'From Python', 'Greetings'])
})
