import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { isChildOf, killBelow } from '../../../../src/workers/sandbox/process/processes.ts'

/** Adopts orphans, as the supervisor of a sandbox does, and ends with its last child. */
const ADOPTS = `
import ctypes, os, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
if os.fork() == 0:
    os.fork() or os.setsid()
    time.sleep(1000)
print('ready', flush=True)
try:
    while True:
        os.wait()
except ChildProcessError:
    os._exit(7)
`
const ALONE = 'import time; print("ready", flush=True); time.sleep(1000)'

const endOf = async (source: string): Promise<readonly unknown[]> => {
  const child = spawn('python3', ['-I', '-S', '-c', source], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const ended = once(child, 'exit')
  if (child.pid !== undefined) killBelow(child.pid)
  return await ended
}

test('F15: what adopts the orphans of a tree outlives it, and ends by itself', async () => {
  assert.deepEqual(await endOf(ADOPTS), [7, null])
})

test('F15: a process without descendants is killed', async () => {
  assert.deepEqual(await endOf(ALONE), [null, 'SIGKILL'])
})

test('F15: an id counts as a child only while the parent has not waited for it', async () => {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' })
  const pid = child.pid ?? 0
  assert.ok(isChildOf(process.pid, pid))
  assert.ok(!isChildOf(process.ppid, pid))
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  assert.ok(!isChildOf(process.pid, pid))
})
