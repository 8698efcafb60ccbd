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
    builds.map(({ by, workspace }) => by.publish({ folder: ID, replace: false }, workspace, { builtAt: 7 })),
  )
  assert.equal(new Set(found.map(({ sitePackages }) => sitePackages)).size, 1)
  assert.deepEqual(readdirSync(join(place, 'ready')), [ID])
  assert.deepEqual(found[0], {
    sitePackages: join(place, 'ready', ID, 'site-packages'),
    sizeBytes: 4,
    builtAt: 7,
  })
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
  await assert.rejects(
    folders.publish({ folder: ID, replace: false }, workspace, { builtAt: 7 }),
    /expected a folder of packages/,
  )
  assert.equal(folders.find(ID), null)
})

test('Z3-42 what a build has unpacked in the shared cache is counted, and what was there before is not', async () => {
  const write = (path: string, bytes: number) => {
    mkdirSync(join(place, 'wheels', path), { recursive: true })
    writeFileSync(join(place, 'wheels', path, 'file'), 'x'.repeat(bytes))
  }
  write('cache/archive-v0/before', 1000)
  const workspace = folders.open(false)
  assert.equal(await workspace.measure(1e6), 0)
  write(`${workspace.inside}/site-packages`, 20)
  write('cache/archive-v0/new', 30)
  write('cache/.tmpA', 40)
  assert.deepEqual([await workspace.measure(1e6), (await workspace.measure(25)) > 25], [70, true])
  const own = folders.open(true)
  writeFileSync(join(own.shared, 'cache/file'), 'x'.repeat(50))
  assert.equal(await own.measure(1e6), 50)
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
  await folders.publish({ folder: ID, replace: false }, build('first'), { builtAt: 1 })
  await folders.remove(ID)
  assert.deepEqual(readdirSync(join(place, 'ready')), [])
  const again = await folders.publish({ folder: ID, replace: false }, build('second'), { builtAt: 2 })
  const replaced = await folders.publish({ folder: ID, replace: true }, build('third and last'), { builtAt: 3 })
  assert.deepEqual([again.builtAt, replaced.builtAt, folders.find(ID)?.sizeBytes], [2, 3, 14])
})
