/** What a zygote does in its first quiet moment (runtimes/workflow_runtime/process/warm.py), on every Python of this machine. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Pool } from '../../../../src/workers/pool/pool.ts'
import { listPythons, makeJob, openPool } from '../../../helpers/pool.ts'
import { SAY, until, withPool } from '../../../helpers/zygotes.ts'

const RUNTIMES = join(import.meta.dirname, '../../../../runtimes')
const HAVE_IMMORTALS = ['3.12', '3.13']

const REHEARSES = `
import sys
sys.path.insert(0, ${JSON.stringify(RUNTIMES)})
from workflow_runtime.process import zygote, warm
import gc, json, linecache, os, signal
def state():
    return [sorted(sys.modules), sorted(linecache.cache), sorted(os.listdir('/proc/self/fd')), sys.gettrace(), os.getcwd(),
            [signal.getsignal(number) for number in range(1, signal.NSIG)]]
before = state()
statuses = [header['status'] for header in warm.rehearse()]
same = state() == before
if not warm.can_be_immortal():
    print(json.dumps([sorted(set(statuses)), same, None]))
    sys.exit()
held, own = [object()], dict(a=[1, 2.5])
warm.make_immortal()
count = sys.getrefcount(None)
made = {name: sys.getrefcount(value) == count for name, value in [
    ('module', json), ('function', json.loads), ('its names', json.loads.__code__.co_names[0]), ('dict', json.__dict__), ('value', own['a'][1])]}
later = sys.getrefcount(object()) < count
own['a'].append(3); held.clear(); gc.collect()
print(json.dumps([sorted(set(statuses)), same, made, later, own, len(held)]))
`

describe('a zygote that is warm', () => {
  let opened: ReturnType<typeof openPool> | null = null
  const pool = () => {
    opened ??= openPool({ zygotes: true, spares: false })
    return opened
  }
  after(async () => (await opened)?.close())

  test('has run a function of each kind, and shows nothing of it; its objects are immortal and work as before', async () => {
    for (const { name, version } of listPythons(await pool())) {
      const executable = (await pool()).findInterpreter(name)?.executable ?? ''
      const { stdout } = await promisify(execFile)(executable, ['-I', '-S', '-B', '-c', REHEARSES])
      const [statuses, same, made, ...rest] = JSON.parse(stdout) as unknown[]
      assert.deepEqual([statuses, same], [['succeeded'], true], name)
      const isKnown = HAVE_IMMORTALS.includes(version.split('.').slice(0, 2).join('.'))
      assert.equal(made !== null, isKnown, version)
      if (made === null) continue
      assert.deepEqual(new Set(Object.values(made as object)), new Set([true]), stdout)
      assert.deepEqual(rest, [true, { a: [1, 2.5, 3] }, 0])
    }
  })

  test('makes sandboxes whose objects of before are immortal, and those of user code are not', async () => {
    for (const { name: runtime } of listKnown(await pool())) {
      const source = `import json, sys\n${SAY}\ndef workflow(a, b):\n    most = sys.getrefcount(None)\n    return say([sys.getrefcount(json.loads) == most, sys.getrefcount(say) == most])\n`
      let body: string | undefined
      // It is made immortal at the first moment in which no sandbox is asked for.
      for (let turn = 0; turn < 200 && body !== '[true, false]'; turn += 1) {
        await sleep(50)
        const { response, message } = await (await pool()).execute(
          makeJob({ source, runtime, versionKey: `${runtime} ${turn}` }),
        )
        body = response?.body
        assert.ok(response, message ?? '')
      }
      assert.equal(body, '[true, false]', runtime)
    }
  })

  test('that takes the place of another is so before it makes a sandbox, also without a quiet moment', async () => {
    const runtimesDir = mkdtempSync(join(tmpdir(), 'runtimes-'))
    try {
      cpSync(RUNTIMES, runtimesDir, { recursive: true })
      const path = join(runtimesDir, 'workflow_runtime/process/zygote.py')
      const text = readFileSync(path, 'utf8')
      writeFileSync(path, text.replace('_QUIET_SECONDS = 0.05', '_QUIET_SECONDS = 3600'))
      const source = `import json, sys\n${SAY}\ndef workflow(a, b):\n    return say(sys.getrefcount(json.loads) == sys.getrefcount(None))\n`
      for (const { name: runtime } of listKnown(await pool()))
        await withPool({ runtimesDir, maxWorkers: 1, zygotes: { maxSandboxes: 3, maxAgeMs: 1e9 } }, async (small) => {
          let made = 0
          // Each version has a sandbox of its own.
          const make = async () =>
            (await small.execute(makeJob({ source, runtime, versionKey: `${++made}` }))).response?.body
          assert.equal(await make(), 'false', runtime)
          await until(async () => (await make()) === 'true')
        })
    } finally {
      rmSync(runtimesDir, { recursive: true })
    }
  })
})

/** The Pythons of this machine whose objects a zygote makes immortal. */
const listKnown = (pool: Pool) =>
  listPythons(pool).filter(({ version }) => HAVE_IMMORTALS.includes(version.split('.').slice(0, 2).join('.')))
