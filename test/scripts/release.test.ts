/** `npm run release`, in clones of this repository. */

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'

const ROOT = resolve(import.meta.dirname, '../..')
const VERSION = '1.0.99'

type Clone = {
  readonly folder: string
  git(...args: readonly string[]): string
  release(...args: readonly string[]): {
    readonly status: number | null
    readonly stdout: string
    readonly stderr: string
  }
}

/** A clone on main whose changelog has an entry. */
function makeClone(
  t: TestContext,
  changelog = '# Changelog\n\n## Unreleased\n\n- One entry.\n\n## 0.1.0\n\n- First.\n',
): Clone {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-clone-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.org', ...args], {
      cwd: folder,
      encoding: 'utf8',
    }).trim()
  git('clone', '--quiet', '--no-tags', ROOT, '.')
  // A collection in the background would write while the folder is removed.
  git('config', 'gc.auto', '0')
  git('config', 'maintenance.auto', 'false')
  git('checkout', '--quiet', '-B', 'main')
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  // .gitignore names the folder, and this is a link.
  writeFileSync(join(folder, '.git/info/exclude'), 'node_modules\n')
  writeFileSync(join(folder, 'CHANGELOG.md'), changelog)
  git('commit', '--quiet', '--all', '--no-verify', '--message', 'docs: set the changelog')
  const program = join(folder, 'scripts/release.ts')
  return {
    folder,
    git,
    release: (...args) =>
      spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], { encoding: 'utf8' }),
  }
}

test('two dry runs make the same bytes, and change nothing else', (t) => {
  const { folder, git, release } = makeClone(t)
  const before = git('rev-parse', 'HEAD')
  const [first, second] = [release(VERSION, '--dry-run'), release(VERSION, '--dry-run')]
  assert.deepEqual([first.status, first.stderr], [0, ''])
  assert.equal(first.stdout, second.stdout)
  assert.deepEqual(readdirSync(join(folder, 'dist/release')).sort(), [
    'SHA256SUMS',
    'images.txt',
    'notes.md',
    'openapi.json',
    'sbom.cdx.json',
    `workflows-${VERSION}-source.tar.gz`,
    `workflows-${VERSION}.tgz`,
    `workflows-chart-${VERSION}.tgz`,
  ])
  assert.deepEqual([git('rev-parse', 'HEAD'), git('status', '--porcelain'), git('tag')], [before, '', ''])
})

test('a release commits the version everywhere, dates the changelog and makes a tag', (t) => {
  const { folder, git, release } = makeClone(t)
  const { status, stderr } = release(VERSION)
  assert.deepEqual([status, stderr], [0, ''])
  assert.deepEqual(
    [git('tag'), git('log', '-1', '--format=%s'), git('status', '--porcelain')],
    [`v${VERSION}`, `release: ${VERSION}`, ''],
  )
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')
  assert.match(
    read('CHANGELOG.md'),
    /^# Changelog\n\n## Unreleased\n\n## 1\.0\.99 \(\d{4}-\d\d-\d\d\)\n\n- One entry\.\n\n## 0\.1\.0\n/,
  )
  assert.match(read('ops/helm/Chart.yaml'), /^version: 1\.0\.99\nappVersion: "1\.0\.99"$/m)
  assert.equal(JSON.parse(read('package.json')).version, VERSION)
  assert.equal(read('dist/release/notes.md'), '- One entry.\n')
  assert.match(release(VERSION).stderr, /^expected a version after 1\.0\.99, found 1\.0\.99/)
})

test('a release needs entries, a newer version, recorded promises and a clean tree', (t) => {
  const { folder, release } = makeClone(t, '# Changelog\n\n## Unreleased\n\n## 0.1.0\n\n- First.\n')
  assert.match(release(VERSION).stderr, /^CHANGELOG\.md has no entries below "## Unreleased"/)
  assert.match(release('one').stderr, /^expected a version such as 1\.2\.0, found "one"/)
  assert.match(
    release('7.0.0').stderr,
    /^The promises of 7\.0 are not recorded\. Run: node scripts\/stability\.ts 7\.0/,
  )
  writeFileSync(join(folder, 'CHANGELOG.md'), '# Changelog\n\n## Unreleased\n\n- One entry.\n')
  assert.match(release(VERSION).stderr, /^The tree has changes that are not committed:\n/)
})
