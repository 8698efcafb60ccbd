/** Environments on disk: each is whole or absent, whichever process builds it and whenever that process dies. */

import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { createFolders, type Folders } from '../../../src/workers/packages/folders.ts'

const ID = 'env_1-aaaa'
const root = mkdtempSync(join(tmpdir(), 'workflows-folders-'))
let count = 0
let place = ''
let folders: Folders
beforeEach(() => {
  count += 1
  place = join(root, String(count))
  folders = createFolders(place)
})
after(() => rmSync(root, { recursive: true, force: true }))

/** A finished build that holds this text. */
function build(text: string, by = folders) {
  const workspace = by.open(false)
  mkdirSync(join(workspace.path, 'site-packages'))
  writeFileSync(join(workspace.path, 'site-packages/a.py'), text)
  return workspace
}

test('two servers that publish one environment at once agree on it, and nothing else stays', async () => {
  const other = createFolders(place)
  const builds = [folders, other, folders, other].map((by) => ({ by, workspace: build('same', by) }))
  const found = await Promise.all(
    builds.map(({ by, workspace }) => by.publish({ folder: ID, replace: false }, workspace, 7)),
  )
  assert.equal(new Set(found.map(({ sitePackages }) => sitePackages)).size, 1)
  assert.deepEqual(readdirSync(join(place, 'ready')), [ID])
  assert.deepEqual(found[0], { sitePackages: join(place, 'ready', ID, 'site-packages'), sizeBytes: 4, builtAt: 7 })
})

test('an environment without its note or its packages is not there', async () => {
  const folder = join(place, 'ready', ID)
  mkdirSync(join(folder, 'site-packages'), { recursive: true })
  assert.equal(folders.find(ID), null)
  writeFileSync(join(folder, 'environment.json'), '{"size_bytes":')
  assert.equal(folders.find(ID), null)
  rmSync(join(folder, 'site-packages'), { recursive: true })
  writeFileSync(join(folder, 'environment.json'), '{"size_bytes":1,"built_at":2}')
  assert.equal(folders.find(ID), null)
})

test('B13 a build that made a link in the place of its packages is refused', async () => {
  const workspace = folders.open(false)
  symlinkSync('/etc', join(workspace.path, 'site-packages'))
  await assert.rejects(folders.publish({ folder: ID, replace: false }, workspace, 7), /expected a folder of packages/)
  assert.equal(folders.find(ID), null)
})

test('what a dead server left is removed, and what a living one builds stays', async () => {
  const now = Date.now()
  const dead = [folders.open(false), folders.open(true)]
  const alive = [folders.open(false), folders.open(true)]
  mkdirSync(join(place, 'ready', `${ID}.abc`))
  const old = (now - 3 * 3600_000) / 1000
  for (const path of [...dead.flatMap((one) => [one.path, one.shared]), join(place, 'ready', `${ID}.abc`)]) {
    if (path !== join(place, 'wheels')) utimesSync(path, old, old)
  }
  await folders.sweep(now)
  assert.deepEqual(
    [...dead, ...alive].map(({ path }) => existsSync(path)),
    [false, false, true, true],
  )
  assert.deepEqual(readdirSync(join(place, 'ready')), [])
})

test('an environment that is removed is gone as a whole, and is built again', async () => {
  await folders.publish({ folder: ID, replace: false }, build('first'), 1)
  await folders.remove(ID)
  assert.deepEqual(readdirSync(join(place, 'ready')), [])
  const again = await folders.publish({ folder: ID, replace: false }, build('second'), 2)
  const replaced = await folders.publish({ folder: ID, replace: true }, build('third and last'), 3)
  assert.deepEqual([again.builtAt, replaced.builtAt, folders.find(ID)?.sizeBytes], [2, 3, 14])
})
