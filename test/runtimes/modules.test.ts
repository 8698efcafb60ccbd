/** Modules beside the source, on every Python, with and without walls. */

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import type { Job } from '../../src/domain/runs/run.ts'
import { listPythons, makeJob, openPool, printed, runToLimit } from '../helpers/pool.ts'
import { FORBIDDEN_BWRAP, folderWith } from '../helpers/programs.ts'

const bwrap = folderWith('bwrap', FORBIDDEN_BWRAP)
const [pool, landlocked, plain] = await Promise.all([
  openPool({ spares: false }),
  openPool({ spares: false, sandbox: 'auto', programFolders: [bwrap.path] }),
  openPool({ spares: false, sandbox: 'none' }),
])
after(async () => {
  await Promise.all([pool.close(), landlocked.close(), plain.close()])
  bwrap.remove()
})

const python = (...lines: string[]) => `${lines.join('\n')}\n`

const FILES = {
  'parse.py': python('import lib.deep.words as words', 'def clean(text):', '    return words.upper(text.strip())'),
  'lib/parse.py': python('from . import tools', 'def fail():', '    raise ValueError("no " + tools.NAME)'),
  'lib/tools.py': 'NAME = "name"\n',
  'lib/deep/__init__.py': 'print("loading lib.deep")\n',
  'lib/deep/words.py': python('def upper(text):', '    return text.upper()'),
}
const USES = python(
  'import parse',
  'from lib.parse import fail',
  'import lib.tools, inspect',
  'def workflow(_request, settings):',
  '    if _request["case"] == "fails": fail()',
  '    if _request["case"] == "sleeps": __import__("lib.sleepy").sleepy.rest()',
  '    print(parse.__file__, lib.tools.__name__, inspect.getsource(fail).split("(")[0])',
  '    return {"status_code": 200, "body": parse.clean(" ada ")}',
)

async function check(on: typeof pool, runtime: string) {
  const run = (job: Partial<Job> & { case: string; source?: string }) => {
    const source = job.source ?? USES
    const files = job.files ?? FILES
    const versionKey = JSON.stringify([source, files, job.isolation])
    return on.execute(makeJob({ runtime, files, versionKey, ...job, source }))
  }
  for (const isolation of ['fresh', 'reuse', 'fresh'] as const) {
    const outcome = await run({ case: 'works', isolation })
    assert.equal(outcome.response?.body, 'ADA', outcome.message ?? '')
    assert.equal(printed(outcome).at(-1), 'parse.py lib.tools def fail')
  }
  const failed = await run({ case: 'fails' })
  assert.deepEqual([failed.code, failed.message, failed.line], ['exception', 'ValueError: no name', 5])
  assert.match(
    failed.traceback ?? '',
    /^Traceback .*\n {2}File "workflow\.py", line 5, in workflow\n.*fail\(\)\n(.*\^.*\n)?.*File "lib\/parse\.py", line 3, in fail\n {4}raise ValueError\("no " \+ tools\.NAME\)\n/,
  )
  const broken = await run({ case: 'x', files: { ...FILES, 'lib/tools.py': 'a = 1\nNAME = = 2\n' } })
  assert.equal(broken.code, 'load_error')
  assert.match(broken.message ?? '', /^SyntaxError: .* \(lib\/tools\.py, line 2\)$/)
  const slow = { ...FILES, 'lib/sleepy.py': 'import time\ndef rest():\n    time.sleep(30)  # here\n' }
  const stuck = await runToLimit(
    (timeoutMs) => run({ case: 'sleeps', files: slow, timeoutMs }),
    ({ traceback }) => traceback?.includes('time.sleep(30)') === true,
  )
  assert.equal(stuck.code, 'timeout')
  assert.match(stuck.traceback ?? '', /File "lib\/sleepy\.py", line 3, in rest\n {4}time\.sleep\(30\) {2}# here\n/)
  const threaded = python('import threading', 'threading.Thread(target=lambda: None).start()', USES)
  assert.equal((await run({ case: 'works', source: threaded })).response?.body, 'ADA')
}

describe('modules beside the source', () => {
  for (const { name, version } of listPythons(pool)) {
    test(`are imported, and tracebacks show their lines: ${name} (${version})`, () => check(pool, name))
  }
  test('are imported behind Landlock', async () => {
    assert.equal(landlocked.sandbox.tier, 'landlock')
    await check(landlocked, 'python3')
  })
  test('are imported without walls', () => check(plain, 'python3'))

  test('are no part of the next version', async () => {
    const lost = await pool.execute(makeJob({ source: USES, case: 'works', versionKey: 'alone' }))
    assert.match(lost.message ?? '', /^ModuleNotFoundError: No module named 'parse'/)
  })
})
