/** `npm run config -- --check`, as an operator calls it. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { COMPILED } from '../helpers/compiled.ts'
import { startServer } from '../helpers/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'workflows-config-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const ROOT = resolve(import.meta.dirname, '../..')

function check(env: Readonly<Record<string, string>>) {
  const program = ['--disable-warning=ExperimentalWarning', join(ROOT, 'src/commands/main.ts'), 'config', '--check']
  const all = { ...COMPILED, ...env }
  const { status, stdout, stderr } = spawnSync(process.execPath, program, { cwd: folder, env: all, encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('it prints every option with its origin, and no secret', () => {
  writeFileSync(join(folder, 'key'), Buffer.alloc(32, 7).toString('base64'))
  writeFileSync(join(folder, 'workflows.config.yaml'), `port: 4500\nsecret_key_file: ${join(folder, 'key')}\n`)
  const { status, stdout } = check({ DATABASE_URL: 'postgres://u:swordfish@db/w', WORKFLOWS_SANDBOX: 'bwrap' })
  assert.equal(status, 0)
  assert.match(stdout, /^WORKFLOWS_PORT +4500 +\(configuration file\)$/m)
  assert.match(stdout, /^WORKFLOWS_SANDBOX +bwrap +\(variable\)$/m)
  assert.match(stdout, /^WORKFLOWS_SECRET_KEY +\(not shown\) +\(file of a secret\)$/m)
  assert.match(stdout, /^DATABASE_URL +\(not shown\) +\(variable\)$/m)
  assert.match(stdout, /^WORKFLOWS_QUEUE_SECONDS +30 +\(default\)$/m)
  assert.doesNotMatch(stdout, /swordfish|BwcHBwc/)
})

test('everything that is wrong is listed, with exit code 2', () => {
  writeFileSync(join(folder, 'workflows.config.yaml'), 'port: 99999\nnot_an_option: 1\n')
  const unknown = check({})
  assert.equal(unknown.status, 2)
  assert.match(unknown.stderr, /unknown option "not_an_option"/)
  writeFileSync(join(folder, 'workflows.config.yaml'), 'port: 99999\nqueue_seconds: soon\n')
  const { status, stderr } = check({})
  assert.equal(status, 2)
  assert.match(stderr, /2 problems:[\s\S]*WORKFLOWS_PORT[\s\S]*WORKFLOWS_QUEUE_SECONDS/)
})

test('a server starts with what the file says', async () => {
  const file = join(folder, 'server.yaml')
  writeFileSync(join(folder, 'api'), 'wf_from_a_file_of_its_own\n')
  writeFileSync(file, `api_key_file: ${join(folder, 'api')}\nlogin_for: [metrics]\n`)
  const server = await startServer({ env: { WORKFLOWS_CONFIG: file, WORKFLOWS_API_KEY: '' } })
  try {
    const headers = { Authorization: 'Bearer wf_from_a_file_of_its_own' }
    assert.equal((await fetch(`${server.url}/api/workflows`, { headers })).status, 200)
    assert.equal((await fetch(`${server.url}/metrics`)).status, 401)
  } finally {
    await server.close()
  }
})
