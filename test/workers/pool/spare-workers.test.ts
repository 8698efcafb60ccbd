/** Spare workers that have imported the packages of an environment. */

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { InstalledPackages } from '../../../src/domain/runs/run.ts'
import { needsSdk } from '../../helpers/examples.ts'
import { makeJob, openPool } from '../../helpers/pool.ts'
import { until } from '../../helpers/workflows.ts'

const root = mkdtempSync(join(tmpdir(), 'workflows-ahead-'))
const pool = await openPool()
after(async () => {
  await pool.close()
  rmSync(root, { recursive: true, force: true })
})

/** An environment with one package, which takes its time to import. */
function makeEnvironment(id: string, text: string): InstalledPackages {
  const sitePackages = join(root, id, 'site-packages')
  mkdirSync(join(sitePackages, 'slow_package'), { recursive: true, mode: 0o755 })
  writeFileSync(join(sitePackages, 'slow_package/__init__.py'), `import time\ntime.sleep(0.2)\n${text}`)
  return { id, sitePackages }
}

/** Says whether the package was there before its source. */
const SOURCE = `import sys
AHEAD = "slow_package" in sys.modules
import slow_package
def workflow(request, settings):
    return {"status_code": 200, "body": "%s %s" % (AHEAD, getattr(slow_package, "VALUE", ""))}
`

async function answerOf(environment: InstalledPackages, job: object = {}): Promise<string> {
  const outcome = await pool.execute(makeJob({ source: SOURCE, environment, versionKey: crypto.randomUUID(), ...job }))
  assert.equal(outcome.status, 'succeeded', JSON.stringify(outcome))
  return outcome.response?.body ?? ''
}

/** Usually longer than until a worker begins to import. On a busy machine, it may begin later. */
const untilItImports = () => delay(400)

/** Waits longer each time, because a version that comes before a worker has begun to import takes that worker. */
async function assertFindsItsImports(environment: InstalledPackages): Promise<void> {
  for (let ms = 400; ; ms *= 2) {
    await delay(ms)
    const answer = await answerOf(environment)
    if (answer === 'True 1' || ms > 30_000) return assert.equal(answer, 'True 1')
  }
}

test('K03 K04 after a slow load, the next version of the environment finds its imports done', async () => {
  const environment = makeEnvironment('env_1', 'VALUE = 1\n')
  assert.equal(await answerOf(environment), 'False 1')
  await assertFindsItsImports(environment)
  const other = SOURCE.replace('import slow_package\n', 'def f():\n    import slow_package\n').replace(
    'getattr(slow_package, "VALUE", "")',
    '0',
  )
  await untilItImports()
  assert.equal(await answerOf(environment, { source: other }), 'False 0', 'it does not import the package itself')
  const variables = { MODE: 'x' }
  assert.equal(await answerOf(environment, { variables }), 'False 1', 'the package may read its variables')
  const files = { 'slow_package.py': 'VALUE = 2\n' }
  assert.equal(await answerOf(environment, { files }), 'False 2', 'its own module has that name')
  for (let tries = 0; tries < 1200 && !pool.releaseEnvironment('env_1'); tries += 1) await delay(50)
  assert.equal(pool.releaseEnvironment('env_1'), true)
  assert.equal(await answerOf(environment), 'False 1', 'no worker keeps an environment that is to be removed')
})

const UNFIT = [
  {
    name: 'starts a thread',
    text: 'import threading\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n',
  },
  {
    name: 'imports once only',
    text: 'import os\nif len(os.listdir("/proc/self/fd")) and not __import__("sys").modules.get("workflow"): raise SystemExit\n',
  },
  { name: 'ends the process', text: 'import os\nif not __import__("sys").modules.get("workflow"): os._exit(3)\n' },
  { name: 'leaves a file', text: 'open("/tmp/left", "w").close()\n' },
]

test('K05 a package that cannot be imported ahead is imported by each version, as before', async () => {
  await Promise.all(
    UNFIT.map(async ({ name, text }, index) => {
      const environment = makeEnvironment(`env_unfit_${index}`, `${text}VALUE = 1\n`)
      assert.equal(await answerOf(environment), 'False 1', name)
      await delay(400)
      assert.equal(await answerOf(environment), 'False 1', name)
      assert.equal(await answerOf(environment), 'False 1', name)
    }),
  )
})

test('K06 a package that takes too much memory ahead of a version ends alone', async () => {
  const text = 'import sys\nif not sys.modules.get("workflow"): kept = ["x" * 10**6 for _ in range(2000)]\nVALUE = 1\n'
  const environment = makeEnvironment('env_greedy', text)
  assert.equal(await answerOf(environment), 'False 1')
  await delay(400)
  assert.equal(await answerOf(environment), 'False 1')
})

test('K02 what a version reports of imports reaches only versions that import the same, and only packages that are there', async () => {
  const environment = makeEnvironment('env_liar', 'VALUE = 1\n')
  const lie = `import sys, types, slow_package
for name in ("antigravity", "../x", "json", "slow_package.evil", "absent"):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__file__ = "/opt/packages/" + name
import json, absent
def workflow(request, settings):
    return {"status_code": 200, "body": "lied"}
`
  assert.equal(await answerOf(environment, { source: lie }), 'lied')
  await untilItImports()
  assert.equal(await answerOf(environment), 'False 1', 'it does not import what the other version reported')
  await assertFindsItsImports(environment)
})

test('a spare has the SDK since a version imported it, or since the start', await needsSdk(), async (t) => {
  const fresh = await openPool()
  t.after(() => fresh.close())
  await until(async () => fresh.size.spares === 1)
  const source = 'import requests\ndef workflow(_request, _settings):\n    return None\n'
  const { status } = await fresh.execute(makeJob({ source }))
  assert.equal(status, 'succeeded')
  await until(async () => fresh.size.spares === 2)

  const used = await openPool({ expectsSdk: true })
  t.after(() => used.close())
  await until(async () => used.size.spares === 2)
})
