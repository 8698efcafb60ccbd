/** The bounds of resolutions and builds. The sandbox is a fake that ends as it is told. */

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { BuildError } from '../../../src/workers/packages/build-error.ts'
import type { BuildSandbox } from '../../../src/workers/packages/build-sandbox.ts'
import type { BuildEnd, BuildStep } from '../../../src/workers/packages/build-step.ts'
import { createBuilder } from '../../../src/workers/packages/builder.ts'
import { createFolders } from '../../../src/workers/packages/folders.ts'
import type { IndexGateway } from '../../../src/workers/packages/index-gateway.ts'

const root = mkdtempSync(join(tmpdir(), 'workflows-builder-'))
after(() => rmSync(root, { recursive: true, force: true }))

const GATEWAY: IndexGateway = {
  uvOptions: [],
  linkFolders: [],
  constraintFiles: [],
  use: (work) => work(root),
  listVersions: async () => [],
  close: async () => {},
}
const PYTHON = { name: 'python3.13', version: '3.13.5', executable: '/usr/bin/python3.13', prefix: '/usr' }
const WANTED = { dependencies: [], overrides: [], constraints: [], excludeNewer: null }
const TARGET = { folder: 'env_1', replace: false }
const HASH = 'a'.repeat(64)

/** A builder whose sandbox prints these lines and ends in this way. */
function builderOf(
  end: BuildEnd,
  lines: readonly string[] = [],
  run: (step: BuildStep) => Promise<void> = async () => {},
) {
  const sandbox: BuildSandbox = {
    async run(_place, step, { onLine }) {
      await run(step)
      for (const text of lines) onLine({ stream: 'stdout', text })
      return end
    },
    close: async () => {},
  }
  const folders = createFolders(join(root, 'environments'))
  return createBuilder({ sandbox, gateway: GATEWAY, folders, allowSources: true, now: Date.now })
}

const resolve = (builder: ReturnType<typeof builderOf>) => builder.resolve(WANTED, PYTHON as never, () => {})
const install = (builder: ReturnType<typeof builderOf>) =>
  builder.install(TARGET, { lock: '', withSources: false }, PYTHON as never, () => {})
const fails =
  (message: RegExp, isLimit = false) =>
  (error: unknown) =>
    error instanceof BuildError && message.test(error.message) && error.isLimit === isLimit

const lockOf = (count: number) => Array.from({ length: count }, (_, number) => `p${number}==1 --hash=sha256:${HASH}`)

test('B15 500 packages are taken, and one more is refused as a limit that is named', async () => {
  const builder = builderOf({ code: 0, stopped: null }, lockOf(500))
  const { lock } = await resolve(builder)
  await builder.close()
  assert.equal(lock.split('==').length - 1, 500)
  await assert.rejects(
    resolve(builderOf({ code: 0, stopped: null }, lockOf(501))),
    fails(/at most 500 packages .* found 501/, true),
  )
})

test('B15 a build that takes too long or too much room is ended, and says which', async () => {
  await assert.rejects(install(builderOf({ code: null, stopped: 'time' })), fails(/within 10 minutes/))
  await assert.rejects(install(builderOf({ code: null, stopped: 'size' })), fails(/at most 2 GiB/))
  await assert.rejects(install(builderOf({ code: null, stopped: 'closed' })), fails(/The server stopped/))
  await assert.rejects(install(builderOf({ code: null, stopped: null })), fails(/ended with a signal/))
  assert.deepEqual(readdirSync(join(root, 'environments/wheels/builds')), [])
})

test('B10 what a program prints beside uv is no lock', async () => {
  const lines = [...lockOf(1), 'evil @ https://evil.example/evil.whl']
  await assert.rejects(resolve(builderOf({ code: 0, stopped: null }, lines)), fails(/no lock that can be used/))
})

test('two resolutions or builds run at a time', async () => {
  let running = 0
  let most = 0
  // Before it comes here, each writes files, which takes longer than a short delay on a busy machine.
  const both = Promise.withResolvers<void>()
  const builder = builderOf({ code: 0, stopped: null }, lockOf(1), async () => {
    running += 1
    most = Math.max(most, running)
    if (running === 2) both.resolve()
    await both.promise
    await delay(5)
    running -= 1
  })
  await Promise.all(Array.from({ length: 6 }, () => resolve(builder)))
  await builder.close()
  assert.equal(most, 2)
})

test('Z3-43 a resolution waits for no build', async () => {
  const blocked = Promise.withResolvers<void>()
  const builder = builderOf({ code: 0, stopped: null }, lockOf(1), async (step) => {
    if (step.verify !== undefined) await blocked.promise
  })
  const builds = ['a', 'b', 'c'].map((lock) =>
    builder.install(TARGET, { lock, withSources: false }, PYTHON as never, () => {}),
  )
  assert.match((await resolve(builder)).lock, /^p0==1/)
  blocked.resolve()
  await Promise.allSettled(builds)
  await builder.close()
})

test('Z3-42 the cache is trimmed while nothing is resolved or built, in the order of the calls', async () => {
  const order: string[] = []
  const builder = builderOf({ code: 0, stopped: null }, ['kept: 7 bytes', ...lockOf(1)], async (step) => {
    const name = step.trim === undefined ? 'build' : `trim ${step.trim}`
    order.push(`begin ${name}`)
    await delay(5)
    order.push(`end ${name}`)
  })
  const build = () =>
    builder.install(TARGET, { lock: 'a', withSources: false }, PYTHON as never, () => {}).catch(() => {})
  const [, kept] = await Promise.all([build(), builder.trim(5, PYTHON as never), build(), build()])
  await builder.close()
  assert.equal(kept, 7)
  assert.deepEqual(order.slice(0, 4), ['begin build', 'end build', 'begin trim 5', 'end trim 5'])
})

test('B13 a build is measured and published only after its sandbox has ended', async () => {
  const folders = createFolders(join(root, 'ending'))
  let isRunning = false
  const sandbox: BuildSandbox = {
    async run({ work }) {
      isRunning = true
      for (const name of readdirSync(join(work, 'builds'))) mkdirSync(join(work, 'builds', name, 'site-packages'))
      await delay(20)
      assert.equal(folders.find(TARGET.folder), null)
      isRunning = false
      return { code: 0, stopped: null }
    },
    close: async () => {},
  }
  const publish: typeof folders.publish = async (...given) => {
    assert.equal(isRunning, false)
    return await folders.publish(...given)
  }
  const options = { gateway: GATEWAY, folders: { ...folders, publish }, allowSources: true, now: Date.now }
  const builder = createBuilder({ sandbox, ...options })
  await builder.install(TARGET, { lock: '', withSources: false }, PYTHON as never, () => {})
  await builder.close()
  assert.notEqual(folders.find(TARGET.folder), null)
  assert.deepEqual(readdirSync(join(root, 'ending/wheels/builds')), [])
})
