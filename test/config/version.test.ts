/** The version that the server says it is, and the one that the image, the chart and compose name, are those of package.json. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { parse } from 'yaml'
import { readCommit, VERSION } from '../../src/config/version.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'workflows-version-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const { version } = JSON.parse(read('package.json'))

test('image, compose and chart name the version of the package', () => {
  assert.equal(VERSION, version)
  const compose = parse(read('compose.yaml'))
  assert.equal(compose['x-server'].image, `workflows:${version}`)
  const chart = parse(read('ops/helm/Chart.yaml'))
  assert.deepEqual([chart.version, chart.appVersion], [version, version])
  assert.match(read('Dockerfile'), new RegExp(`^LABEL org\\.opencontainers\\.image\\.version="${version}"`, 'm'))
  const tags = ['docs/operate/docker.md', 'docs/operate/kubernetes.md'].map(
    (guide) => read(guide).match(/workflows:(\d+\.\d+\.\d+)/g) ?? [],
  )
  for (const found of tags) {
    assert.ok(found.length > 0)
    for (const tag of found) assert.equal(tag, `workflows:${version}`)
  }
})

test('the commit is read from a clone, a work tree beside it, packed branches and the file of an image', () => {
  const clone = join(folder, 'clone')
  mkdirSync(clone)
  const git = (...args: readonly string[]) => {
    const own = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false']
    const { status, stdout, stderr } = spawnSync('git', [...own, ...args], { cwd: clone, encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    return stdout.trim()
  }
  git('init', '--quiet', '--initial-branch=main')
  assert.equal(readCommit(clone), null)
  git('commit', '--quiet', '--allow-empty', '--message=first')
  const first = git('rev-parse', 'HEAD').slice(0, 12)
  assert.equal(readCommit(clone), first)
  git('worktree', 'add', '--quiet', '-b', 'other', join(folder, 'beside'))
  assert.equal(readCommit(join(folder, 'beside')), first)
  git('pack-refs', '--all')
  assert.equal(readCommit(clone), first)
  assert.equal(readCommit(join(folder, 'beside')), first)
  git('checkout', '--quiet', '--detach')
  assert.equal(readCommit(clone), first)
  const image = join(folder, 'image')
  mkdirSync(image)
  assert.equal(readCommit(image), null)
  writeFileSync(join(image, '.commit'), '')
  assert.equal(readCommit(image), null)
  writeFileSync(join(image, '.commit'), `${'0123456789'.repeat(4)}\n`)
  assert.equal(readCommit(image), '012345678901')
})
