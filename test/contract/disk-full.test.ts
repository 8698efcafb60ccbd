/** What callers see while the disk is full, and after. Contract, section 7. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { test } from 'node:test'
import { createDirectory } from '../helpers/databases.ts'
import { begin, bodyOf, ended, OK, textsOf } from '../helpers/durable.ts'
import { startHttpTarget } from '../helpers/http-target.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, type RunBody, until } from '../helpers/workflows.ts'

const SIZE_MB = 48
/** A call with `held` waits for the port to answer. */
const sourceFor = (port: number) => `
import random, urllib.request
def workflow(_request, settings):
    if _request.get("held"):
        urllib.request.urlopen("http://127.0.0.1:${port}/held").read()
    settings["done"] = 1
    print(random.randbytes(_request.get("bytes", 0) // 2).hex())
    return {"status_code": 200, "body": random.randbytes(_request.get("bytes", 0) // 2).hex()}
`

/** A server whose data lie on a small disk of its own, which only its processes see. */
async function startOnSmallDisk(dataDir: string, env: Readonly<Record<string, string>>): Promise<TestServer> {
  const mount = `mount -t tmpfs -o size=${SIZE_MB}m,mode=700 tmpfs "$0" && exec "$@"`
  return await startServer({
    env,
    dataDir,
    through: (command) => ({
      file: 'unshare',
      args: ['--mount', 'sh', '-c', mount, dataDir, ...command],
      identity: {},
    }),
  })
}

/** Fills the rest of the disk. Returns a function that frees it again. */
function fillDisk({ dataDir, process: { pid } }: TestServer): () => void {
  const path = `/proc/${pid}/root${dataDir}/filler`
  const file = openSync(path, 'w')
  try {
    for (const size of [1024 * 1024, 4096]) fillBy(file, Buffer.alloc(size))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  return () => rmSync(path)
}

function fillBy(file: number, block: Buffer): void {
  try {
    for (;;) writeSync(file, block)
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
  }
}

const canMount = (): boolean => {
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'pipe' })
    return true
  } catch {
    return false
  }
}

test('D05 ST28 on a full disk callers get 503 at the start of a run and at its end, and work continues when there is space', async (t) => {
  if (!canMount()) return t.skip('only root can give a server a disk of its own')
  const target = await startHttpTarget()
  t.after(() => target.close())
  const server = await startOnSmallDisk(createDirectory(t), { WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` })
  t.after(() => server.close())
  const workflow = await createCatch(server, { source: sourceFor(target.port), timeout_seconds: 600 })
  assert.equal((await callHook(workflow, {})).status, 200)

  const makeRoom = fillDisk(server)
  const body = JSON.stringify({ text: randomBytes(3 * 1024 * 1024).toString('hex') })
  const refused = await callHook(workflow, null, { body, headers: { 'content-type': 'application/json' } })
  assert.deepEqual([refused.status, refused.body.code], [503, 'unavailable'], refused.text)
  assert.match(String(refused.body.detail), /its disk is full/)
  assert.ok(Number(refused.headers.get('retry-after')) > 0)
  makeRoom()
  assert.equal((await callHook(workflow, {})).status, 200)

  const call = callHook(workflow, { held: true, bytes: 5 * 1024 * 1024 })
  const step = await begin(
    server,
    `import urllib.request
def act():
    print("called")
    urllib.request.urlopen("http://127.0.0.1:${target.port}/held").read()
    return random.randbytes(250_000).hex()
x = len(step("act", act)) + settings.increment("n")
${OK}`,
    { timeout_seconds: 600 },
    { headers: { prefer: 'respond-async' } },
  )
  await until(async () => target.asked.length > 1)
  const makeRoomAgain = fillDisk(server)
  target.release()
  const unkept = await call
  assert.deepEqual([unkept.status, unkept.body.code], [503, 'unavailable'], unkept.text.slice(0, 300))
  const runId = String(unkept.body.run_id)
  makeRoomAgain()
  // Its result waited in memory for room.
  const run = await until(async () => {
    const found = await must(server.api<RunBody>('GET', `/api/runs/${runId}`), 200)
    return found.status === 'running' ? null : found
  })
  assert.equal(run.status, 'succeeded')
  const stepped = await ended(server, step.id)
  assert.deepEqual([stepped.status, stepped.parts, bodyOf(stepped)], ['succeeded', 1, 500_001])
  assert.deepEqual(await textsOf(server, step.id), ['called'])
  assert.equal((await callHook(workflow, {})).status, 200)
  assert.equal((await server.api('GET', '/readyz')).status, 200)
})
