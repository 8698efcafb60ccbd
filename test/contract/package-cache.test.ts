/** What the cache of packages leaves on the disk. */

import assert from 'node:assert/strict'
import { lstatSync, mkdtempSync, readdirSync, rmSync, type Stats } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startServer } from '../helpers/server.ts'
import { declaring, makePackage, onlyFrom } from '../helpers/wheels.ts'
import { callHook, createCatch, must } from '../helpers/workflows.ts'

const root = mkdtempSync(join(tmpdir(), 'workflows-cache-'))
const index = join(root, 'index')
const MIB = 1024 * 1024
const large = 'x = 1\n'.repeat(MIB / 2)
makePackage(index, { name: 'large', version: '1.0', files: { 'large.txt': large, 'large.py': 'VERSION = "1.0"\n' } })
makePackage(index, { name: 'common', version: '1.0', files: { 'common.txt': large, 'common.py': 'VERSION = "1.0"\n' } })
const server = await startServer({ env: { ...onlyFrom(index), WORKFLOWS_PACKAGE_CACHE_MIB: '64' } })
after(async () => {
  await server.close()
  rmSync(root, { recursive: true, force: true })
})

type Version = { environment: { id: string } }
type Operation = { packages: { cache_bytes: number | null; cache_limit_bytes: number } }
const EMPTY = 'def workflow(r, s): pass'

/** Disk space of the environments' folder in MiB; a file with several names counts once. */
function usedMib(): number {
  const files = new Map<number, number>()
  for (const { ino, blocks } of filesIn(join(server.dataDir, 'environments'))) files.set(ino, blocks * 512)
  return [...files.values()].reduce((sum, bytes) => sum + bytes, 0) / MIB
}

/** The server may remove a folder between two reads, where `readdirSync` with `recursive` throws. */
function filesIn(folder: string): Stats[] {
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name)
    const facts = lstatSync(path, { throwIfNoEntry: false })
    if (facts?.isDirectory()) return filesIn(path)
    return facts?.isFile() ? [facts] : []
  })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

async function until(isDone: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await isDone()) return
    await delay(100)
  }
  throw new Error('expected it within 60 s')
}

async function deploy(names: readonly string[]) {
  const imports = names.map((name) => `import ${name}\n`).join('')
  const body = `${imports}def workflow(r, s): return {"status_code": 200, "body": ${names.at(-1)}.VERSION}\n`
  const workflow = await createCatch(server, { source: declaring(names, body) })
  const version = await must(server.api<Version>('GET', `/api/workflows/${workflow.id}/versions/1`), 200)
  return { workflow, id: version.environment.id }
}

test('Z3-42 an environment that is removed frees the disk of what no other one uses, and is built again', async () => {
  const kept = await deploy(['common'])
  const before = usedMib()
  const removed = await deploy(['common', 'large'])
  assert.ok(usedMib() - before > 2.9, `expected 3 MiB more, found ${usedMib() - before}`)
  await must(server.api('POST', `/api/workflows/${removed.workflow.id}/versions`, { source: EMPTY }), 201)
  await until(async () => (await server.api('DELETE', `/api/environments/${removed.id}`)).status === 204)
  await until(() => usedMib() - before < 0.2)
  assert.equal((await callHook(kept.workflow, {})).text, '1.0')
  await until(async () => {
    const { packages } = await must(server.api<Operation>('GET', '/api/system/operation'), 200)
    assert.equal(packages.cache_limit_bytes, 64 * MIB)
    return packages.cache_bytes !== null && packages.cache_bytes < MIB
  })
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  assert.match(metrics, /^workflows_package_cache_bytes \d+$/m)
  assert.equal((await callHook((await deploy(['common', 'large'])).workflow, {})).text, '1.0')
})

test('Z3-42 a build that fails leaves nothing in the cache', async () => {
  const before = usedMib()
  makePackage(index, {
    name: 'broken',
    version: '1.0',
    files: { 'broken.txt': large, 'broken.py': 'VERSION = "1.0"\n' },
    swapped: { 'broken.py': 'VERSION = "2.0"\n' },
  })
  const workflow = await createCatch(server, { source: EMPTY })
  const source = declaring(['broken'], EMPTY)
  const { status } = await server.api('POST', `/api/workflows/${workflow.id}/versions`, { source })
  assert.equal(status, 422)
  await until(() => usedMib() - before < 0.2)
})
