import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { removeFolder } from '../../../../src/workers/sandbox/machine/folders.ts'
import { isRoot } from '../../../../src/workers/sandbox/machine/reach.ts'
import { removeAbandoned, rootIn } from '../../../../src/workers/sandbox/machine/roots.ts'

const MODULE = resolve(import.meta.dirname, '../../../../src/workers/sandbox/machine/roots.ts')
const HOLD = `import { rootIn } from ${JSON.stringify(MODULE)}; console.log(rootIn(process.argv[1])); process.stdin.resume()`
/** A process in it sees no pid of this process, and the other way round. */
const IN_OTHER_PIDS = ['unshare', '--user', '--map-current-user', '--pid', '--fork', '--kill-child']

type Holder = { readonly root: string; kill(): Promise<void> }

let parent = ''
let children: ChildProcess[] = []
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'workflows-test-roots-'))
  rootIn(parent)
  children = []
})
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(parent, { recursive: true, force: true })
})

test('the folders of a process that was killed are removed, and not what links in them lead to', async () => {
  const { root, kill } = await hold()
  const outside = makeFolder('outside', { 'letter.txt': 'Dear hiring team' })
  makeFolder(`${root}/home-1/deep`, { 'letter.txt': 'Dear hiring team' })
  symlinkSync(outside, join(root, 'home-1/link'))
  symlinkSync(outside, join(root, 'link'))
  await kill()
  assert.ok(existsSync(root))
  assert.deepEqual(await remove(), [root])
  assert.ok(!existsSync(root))
  assert.ok(existsSync(join(outside, 'letter.txt')))
  assert.deepEqual(await remove(), [])
})

test('the folders of living processes stay, in other namespaces too', async () => {
  const held = [await hold(), await hold(IN_OTHER_PIDS)]
  assert.deepEqual(await remove(), [])
  assert.deepEqual(
    held.map(({ root }) => existsSync(join(root, 'lock'))),
    [true, true],
  )
  assert.ok(existsSync(rootIn(parent)))
})

test('the folders of a living process stay after its lock was removed as an old file', async () => {
  const { root } = await hold()
  makeFolder(join(root, 'sandboxes-1'))
  rmSync(join(root, 'lock'))
  assert.deepEqual(await remove(), [])
  assert.ok(existsSync(join(root, 'sandboxes-1')))
})

test('an empty folder of a process that died before it had a lock is removed', async () => {
  assert.deepEqual(await remove(), [])
  const empty = makeFolder('workflows-server-abcdef')
  await remove()
  assert.ok(!existsSync(empty))
})

test('links, folders of others and folders that others may change stay', async () => {
  const target = makeFolder('target', { lock: '', 'letter.txt': '' })
  const link = join(parent, 'workflows-server-linkd1')
  symlinkSync(target, link)
  const open = makeFolder('workflows-server-opend1', { lock: '', 'letter.txt': '' })
  const named = makeFolder('workflows-server-toolong', { lock: '', 'letter.txt': '' })
  chmodSync(open, 0o777)
  const lockOfOther = makeFolder('workflows-server-lockln', { 'letter.txt': '' })
  symlinkSync(join(target, 'lock'), join(lockOfOther, 'lock'))
  const kept = [target, open, named, lockOfOther]
  if (isRoot()) {
    const other = makeFolder('workflows-server-other1', { lock: '', 'letter.txt': '' })
    chownSync(other, 12_345, 12_345)
    kept.push(other)
  }
  assert.deepEqual(await remove(), [])
  assert.deepEqual(
    kept.filter((folder) => !existsSync(join(folder, 'letter.txt'))),
    [],
  )
})

test('nothing is removed from a folder in which others may replace folders', async () => {
  const { root, kill } = await hold()
  await kill()
  chmodSync(parent, 0o777)
  assert.deepEqual(await remove(), [])
  assert.ok(existsSync(root))
  chmodSync(parent, 0o1777)
  assert.deepEqual(await remove(), [root])
})

const AS_USER = { skip: isRoot() && 'root can remove every folder' }

test('folders that a function closed are removed', AS_USER, async () => {
  const { root, kill } = await hold()
  for (const [name, mode] of [
    ['read-only', 0o500],
    ['closed', 0],
  ] as const) {
    const folder = makeFolder(`${root}/${name}`, { 'letter.txt': '' })
    chmodSync(folder, mode)
  }
  const outside = makeFolder('outside')
  chmodSync(outside, 0o500)
  symlinkSync(outside, join(root, 'link'))
  await kill()
  assert.deepEqual(await remove(), [root])
  assert.equal(statSync(outside).mode & 0o777, 0o500)
  const home = makeFolder(join(parent, 'home'))
  chmodSync(makeFolder(join(home, 'read-only'), { 'letter.txt': '' }), 0o500)
  await removeFolder(home)
  assert.ok(!existsSync(home))
})

test('a folder that cannot be removed is reported', async () => {
  const { root, kill } = await hold()
  makeFolder(`${root}/home`)
  await kill()
  const { PATH } = process.env
  process.env.PATH = ''
  try {
    assert.deepEqual(await remove(), [`not ${root}`])
  } finally {
    process.env.PATH = PATH
  }
  assert.deepEqual(await remove(), [root])
})

/** Returns the log. */
async function remove(): Promise<readonly string[]> {
  const told: string[] = []
  const log = {
    info: ({ path }: { path?: string }) => void told.push(String(path)),
    warn: ({ path }: { path?: string }) => void told.push(`not ${path}`),
  }
  await removeAbandoned(log, new AbortController().signal)
  return told.filter((path) => path.includes(parent))
}

async function hold(through: readonly string[] = []): Promise<Holder> {
  const [file = '', ...args] = [...through, process.execPath, '--input-type=module', '-e', HOLD, parent]
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  const [root] = await once(child.stdout, 'data')
  return {
    root: String(root).trim(),
    kill: async () => {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    },
  }
}

function makeFolder(name: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = resolve(parent, name)
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  return folder
}
