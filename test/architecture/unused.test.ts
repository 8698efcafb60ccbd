import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const ROOT = resolve(import.meta.dirname, '../..')
const READ = [
  'src',
  'bin',
  'cli',
  'client',
  'scripts',
  'bench',
  'chaos',
  'test',
  'web',
  'knip.json',
  'package.json',
  'tsconfig.json',
]

/** Runs the check on a copy of the project that was changed. */
function findUnused(t: { after(fn: () => void): void }, change: (root: string) => void) {
  const root = mkdtempSync(join(tmpdir(), 'workflows-unused-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const filter = (path: string): boolean => !/\/(web\/dist|test\/artifacts)(\/|$)/.test(path)
  for (const path of READ) cpSync(join(ROOT, path), join(root, path), { recursive: true, filter })
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  change(root)
  const args = ['node_modules/knip/bin/knip.js', '--no-progress', '--treat-config-hints-as-errors']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

// The static check itself says that nothing is unused.
test('an export that nothing uses is found, and a file that nothing imports', (t) => {
  const { status, output } = findUnused(t, (root) => {
    appendFileSync(join(root, 'src/random.ts'), 'export const neverUsed = 1\n')
    writeFileSync(join(root, 'web/src/lib/never-imported.ts'), '')
  })
  assert.equal(status, 1)
  assert.match(output, /neverUsed +src\/random\.ts/)
  assert.match(output, /web\/src\/lib\/never-imported\.ts/)
})
