/** What all programs of a host share, a function cannot use up. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { functionSource, makeJob, openPool } from '../../helpers/pool.ts'

const run = promisify(execFile)
const source = functionSource('takes_from_the_host')
const HELD =
  "'inotify': 'ENOSYS', 'memfd': 'ENOSYS', 'aio': 'none', 'terminal': 'TERMINAL', 'flags': 'EPERM', 'devices': DEVICES, 'small buffers': True, 'limits': [128, PROCESSES, 1024]"
const OWN_DEVICES = "['fd', 'full', 'null', 'random', 'shm', 'stderr', 'stdin', 'stdout', 'urandom', 'zero']"

for (const [sandbox, terminal, devices, processes] of [
  ['bwrap', 'ENOENT', OWN_DEVICES, /^80$/],
  ['landlock', 'EACCES', null, /^\d+$/],
] as const) {
  test(`Y03 Y09 (${sandbox}): a run takes no AIO contexts, inotify instances, terminals, memfds or large buffers`, async () => {
    const pool = await openPool({ sandbox, spares: false })
    try {
      const job = devices === null ? source.replace("sorted(os.listdir('/dev'))", "'DEVICES'") : source
      const { response, message, traceback } = await pool.execute(makeJob({ source: job }))
      const body = response?.body ?? `${message}\n${traceback}`
      const found = /'limits': \[128, (\d+), 1024\]/.exec(body)?.[1] ?? body
      assert.match(found, processes)
      const expected = HELD.replace('TERMINAL', terminal)
        .replace('DEVICES', devices ?? "'DEVICES'")
        .replace('PROCESSES', found)
      assert.equal(body, `{${expected}}`)
    } finally {
      await pool.close()
    }
  })
}

for (const sandbox of ['bwrap', 'landlock'] as const) {
  test(`X12 (${sandbox}): a run inherits no descriptor that the server was started with`, async () => {
    const program = `
import { makeJob, openPool } from ${JSON.stringify(join(import.meta.dirname, '../../helpers/pool.ts'))}
const pool = await openPool({ spares: false, sandbox: '${sandbox}' })
const source = 'import os\\ndef workflow(a, b):\\n  return {"status_code": 200, "body": str(len(os.listdir("/proc/self/fd")))}'
process.stdout.write(String((await pool.execute(makeJob({ source }))).response?.body))
await pool.close()
`
    const script = 'exec 9</dev/null; exec prlimit --nofile=4096:4096 python3 -c "$1" "$2" "$3"'
    const inherit =
      'import os, sys; os.dup2(9, 3000); os.execv(sys.argv[1], [sys.argv[1], "--input-type=module", "-e", sys.argv[2]])'
    const { stdout } = await run('sh', ['-c', script, 'sh', inherit, process.execPath, program], { timeout: 120_000 })
    // Descriptors 0 to 3, and the one of the listing itself.
    assert.equal(stdout, '5')
  })
}
