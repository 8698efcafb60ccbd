/** What `npm pack` makes: one program without other packages, for Node 20 and newer. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const ROOT = resolve(import.meta.dirname, '../..')
const SOURCES = [
  'bin',
  'cli',
  'client',
  'src',
  'scripts',
  'examples',
  'docs',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'LICENSE',
  'README.md',
]

test('the package runs without any other package, and npm pack leaves package.json as it was', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'workflows-pack-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  const clone = join(home, 'clone')
  // Another test may be building the site of the documentation.
  const filter = (path: string) => !path.includes('docs/.vitepress')
  for (const path of SOURCES) cpSync(join(ROOT, path), join(clone, path), { recursive: true, filter })
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'))
  const { npm_config_prefix: _, INIT_CWD: __, ...env } = process.env
  const run = (file: string, args: readonly string[], cwd: string) =>
    execFileSync(file, args, { cwd, env: { ...env, HOME: home }, encoding: 'utf8' })

  run('npm', ['pack', '--loglevel=error', '--pack-destination', home], clone)
  assert.equal(readFileSync(join(clone, 'package.json'), 'utf8'), readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const [archive = ''] = readdirSync(home).filter((name) => name.endsWith('.tgz'))
  const place = join(home, 'place')
  mkdirSync(place)
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--prefix', place, join(home, archive)], place)
  assert.deepEqual(
    readdirSync(join(place, 'node_modules')).filter((name) => !name.startsWith('.')),
    ['workflows'],
  )

  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  // The Node that npm found, which may be 20, and the one that runs the tests.
  for (const node of ['node', process.execPath]) {
    const program = join(place, 'node_modules/workflows/bin/workflows.js')
    assert.equal(run(node, [program, '--version'], place), `${version}\n`)
  }
  const called = run('npx', ['--offline', 'workflows', 'init', 'parse', '--template', 'catch-resume-by-url'], place)
  assert.equal(called, 'parse/ is made. Next: workflows dev parse\n')
  assert.equal(
    readFileSync(join(place, 'parse/workflow.py'), 'utf8'),
    readFileSync(join(ROOT, 'examples/catch-resume-by-url/workflow.py'), 'utf8'),
  )
})

test('in the clone the program runs from its source, where it was called', (t) => {
  const place = mkdtempSync(join(tmpdir(), 'workflows-here-'))
  t.after(() => rmSync(place, { recursive: true, force: true }))
  execFileSync('node', [join(ROOT, 'bin/workflows.js'), 'init', 'here', '--kind', 'pull'], {
    cwd: place,
    stdio: 'pipe',
  })
  assert.deepEqual(readdirSync(join(place, 'here')).sort(), ['settings.env', 'workflow.py', 'workflow.yaml'])
})
