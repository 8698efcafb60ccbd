import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const ROOT = resolve(import.meta.dirname, '../..')

type Cleanup = { after(fn: () => void): void }

function drawMap(...args: string[]): { status: number | null; output: string } {
  const command = ['--disable-warning=ExperimentalWarning', 'scripts/architecture-map.ts', ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

function createRoot(t: Cleanup): string {
  const root = mkdtempSync(join(tmpdir(), 'workflows-map-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, 'docs'))
  return root
}

test('docs/architecture.svg shows what src imports now', () => {
  const { status, output } = drawMap('--check')
  assert.equal(status, 0, output)
})

test('the map is stale when an import joins two rooms that nothing joined', (t) => {
  const root = createRoot(t)
  cpSync(join(ROOT, 'src'), join(root, 'src'), { recursive: true })
  assert.equal(drawMap('--root', root).status, 0)
  assert.equal(drawMap('--check', '--root', root).status, 0)
  appendFileSync(join(root, 'src/domain/id.ts'), "import type { Pool } from '../workers/pool/pool.ts'\n")
  const { status, output } = drawMap('--check', '--root', root)
  assert.equal(status, 1)
  assert.match(output, /docs\/architecture\.svg does not show what src imports now\. Run: npm run map/)
})

test('the map names every room once, and leaves out arrows that follow from others', (t) => {
  const root = createRoot(t)
  const files = {
    'src/main.ts': "import { a } from './store/runs/a.ts'\nimport type { B } from './domain/b.ts'",
    'src/store/runs/a.ts': "import {\n  b,\n} from '../../domain/b.ts'\nimport { c } from '../c.ts'",
    'src/store/c.ts': '',
    'src/domain/b.ts': '',
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  assert.equal(drawMap('--root', root).status, 0)
  const map = readFileSync(join(root, 'docs/architecture.svg'), 'utf8')
  assert.deepEqual([...map.matchAll(/<text[^>]*>([^<]+)</g)].map(([, name]) => name).sort(), [
    '*',
    'domain',
    'main',
    'runs',
    'store',
  ])
  // main → store, store → domain, runs → *; main → domain follows.
  assert.equal(map.split('class="arrow"').length - 1, 3)
})
