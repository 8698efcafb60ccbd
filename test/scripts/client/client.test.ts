import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { readDocument } from '../../../scripts/client/document.ts'
import { writeSources } from '../../../scripts/client/sources.ts'

const ROOT = resolve(import.meta.dirname, '../../..')

function generate(...args: string[]): { status: number | null; output: string } {
  const command = ['--disable-warning=ExperimentalWarning', 'scripts/client.ts', ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

test('a client that says something else is stale, and is written anew', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'workflows-client-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  cpSync(join(ROOT, 'client'), join(root, 'client'), { recursive: true })
  const path = join(root, 'client/generated/schema.ts')
  const source = readFileSync(path, 'utf8')
  writeFileSync(path, source.replace('deployed_version', 'version_deployed'))
  const { status, output } = generate('--check', '--root', root)
  assert.equal(status, 1)
  assert.match(output, /client\/generated\/schema\.ts does not say .* Run: npm run client/)
  assert.equal(generate('--root', root).status, 0)
  assert.ok(readFileSync(path, 'utf8') === source)
})

test('a changed schema of the API changes the client', async () => {
  const document = await readDocument()
  const before = await writeSources(document)
  const changed = JSON.parse(JSON.stringify(document).replaceAll('"deployed_version"', '"version_deployed"'))
  const after = await writeSources(changed)
  assert.ok(after['schema.ts'] !== before['schema.ts'])
  assert.ok(after['schema.ts']?.includes('version_deployed'))
})
