/**
 * A server that dies at any step of a build leaves no half environment that is used.
 *
 *     BUILD_DEATHS=50 npm test -- test/contract/build-deaths.test.ts
 */

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { startCluster } from '../helpers/cluster.ts'
import { unlessGone } from '../helpers/listing.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { declaring, makePackage, onlyFrom } from '../helpers/wheels.ts'
import { callHook, createCatch, must } from '../helpers/workflows.ts'

const FILES = 300
/** The short form takes the three steps at which something is half done. */
const ROUNDS = Number(process.env.BUILD_DEATHS ?? 3)
/** A round is a start of the server and two builds; on a busy machine that takes half a minute. */
const TIMEOUT_MS = Math.max(600_000, ROUNDS * 60_000)
/** Bounds the wait for a step, which may be over before it is seen; then the server dies after the build. */
const STEP_MS = 60_000

const root = mkdtempSync(join(tmpdir(), 'workflows-deaths-'))
const index = join(root, 'index')
after(() => rmSync(root, { recursive: true, force: true }))

/** A package that adds up what its modules hold. */
function makeLarge(version: string): string {
  const files = Object.fromEntries(
    Array.from({ length: FILES }, (_, number) => [`large/part${number}.py`, `VALUE = ${number}\n`]),
  )
  const main = `import importlib
def total():
    return sum(importlib.import_module('large.part%d' % number).VALUE for number in range(${FILES}))
`
  makePackage(index, { name: 'large', version, files: { ...files, 'large/__init__.py': main } })
  return declaring(
    [`large==${version}`],
    `import large\ndef workflow(r, s):\n    return {"status_code": 200, "body": "${version} " + str(large.total())}\n`,
  )
}

const SUM = (FILES * (FILES - 1)) / 2
const list = (folder: string): readonly string[] => unlessGone(() => readdirSync(folder)) ?? []

/** What can be seen on the disk when a step has begun. */
function stepsOf(environments: string, before: ReadonlySet<string>) {
  const builds = join(environments, 'wheels/builds')
  const ready = join(environments, 'ready')
  const inBuild = (name: string) => list(builds).some((build) => existsSync(join(builds, build, name)))
  const isReady = () => list(ready).some((name) => !name.includes('.') && !before.has(name))
  return {
    'installing: files are linked': () => inBuild('site-packages'),
    'moving into place': () => list(ready).some((name) => name.includes('.') && !before.has(name)),
    compiling: () => inBuild('site-packages/large/__pycache__'),
    resolving: () => inBuild('requirements.in'),
    'installing: the lock is written': () => inBuild('lock.txt'),
    'in place': isReady,
  }
}

test('B14 Kill the server at each step of a build: no half environment is ever used', {
  timeout: TIMEOUT_MS,
}, async (t) => {
  const data = mkdtempSync(join(root, 'data-'))
  const environments = join(data, 'environments')
  let server = await startServer({ env: onlyFrom(index), dataDir: data })
  const workflow = await createCatch(server, { source: 'def workflow(r, s): pass' })
  const hits = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round += 1) {
    const source = makeLarge(`1.${round}`)
    const steps = Object.entries(stepsOf(environments, new Set(list(join(environments, 'ready')))))
    const [name, isThere] = steps[round % steps.length] ?? ['', () => true]
    const wasSeen = await dieAt(server, workflow.id, source, isThere)
    if (wasSeen) hits.set(name, (hits.get(name) ?? 0) + 1)
    server = await startServer({ env: onlyFrom(index), dataDir: data })
    for (const folder of list(join(environments, 'ready')).filter((one) => !one.includes('.'))) {
      const installed = join(environments, 'ready', folder, 'site-packages/large')
      const files = list(installed).filter((one) => one.endsWith('.py'))
      const compiled = list(join(installed, '__pycache__'))
      assert.deepEqual([files.length, compiled.length], [FILES + 1, FILES + 1], `${folder} after ${name}`)
    }
    await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source }), 201)
    const moved = { ...workflow, hook_url: new URL(new URL(workflow.hook_url).pathname, server.url).href }
    assert.equal((await callHook(moved, {})).text, `1.${round} ${SUM}`, `after ${name}`)
  }
  await server.stop()
  t.diagnostic(`${ROUNDS} rounds; died at: ${[...hits].map(([name, count]) => `${name} ${count}`).join(', ')}`)
})

/** Deploys, and kills the server as soon as the step is seen. Returns whether it was seen before the build was over. */
async function dieAt(server: TestServer, id: string, source: string, isThere: () => boolean): Promise<boolean> {
  let over = false
  const deploying = server.api('POST', `/api/workflows/${id}/versions`, { source }).then(
    () => {
      over = true
    },
    () => {},
  )
  const deadline = Date.now() + STEP_MS
  let seen = isThere()
  while (!seen && !over && Date.now() < deadline) {
    await turn()
    seen = isThere()
  }
  await server.stop('SIGKILL')
  await deploying
  return seen
}

test('two servers on one directory build the same environment at once, and both run it', async () => {
  const source = makeLarge('2.0')
  const data = mkdtempSync(join(root, 'shared-'))
  const cluster = await startCluster(2, { ...onlyFrom(index), WORKFLOWS_DATA_DIR: data })
  try {
    const answers = await Promise.all(
      cluster.servers.map(async (server) => {
        const workflow = await createCatch(server, { source })
        return (await callHook(workflow, {})).text
      }),
    )
    assert.deepEqual(answers, [`2.0 ${SUM}`, `2.0 ${SUM}`])
    assert.equal(list(join(data, 'environments/ready')).length, 1)
    assert.deepEqual(list(join(data, 'environments/wheels/builds')), [])
  } finally {
    await cluster.close()
  }
})
