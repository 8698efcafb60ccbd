import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { test } from 'node:test'
import { encodeFrame, type Frame, FrameReader } from '../../../src/workers/worker/frames.ts'

const PROGRAM = join(import.meta.dirname, '../../../runtimes/node/main.cjs')
const SOURCE = `import { step } from 'workflows'
export default async () => ({ status_code: 200, body: String(await step('one', () => 1)) })
`
const LIMITS = { header: 1024 * 1024, payload: 1024 * 1024 }

/** A killed sandbox closes its pipes before all of its processes have ended. */
test('a run whose pipe of jobs ends before an answer ends without a result', { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, [PROGRAM, 'serve'], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'pipe', 'pipe'],
  })
  const [results, template, jobs] = child.stdio.slice(3) as unknown as [Readable, Readable & Writable, Writable]
  const found = watch(results)
  const loaded = watch(template)
  const limits = { response_body_bytes: 1024, label_length: 100 }
  const options = {
    kind: 'catch',
    reuse: false,
    limits,
    outbound: 'live',
    packages: null,
    durable: true,
    home: tmpdir(),
  }
  const code = { 'workflow.ts': SOURCE }
  template.write(encodeFrame(options, [Buffer.from(JSON.stringify({ code, sources: code }))]))
  await loaded.until(({ header }) => header.type === 'loaded')
  const steps = { key: 'run_1', skip_waits: false, mark: null, wait_key: '', wait_url: '', overseen: null, bytes: 2 }
  const calls = { trace: null, propagate: false, record: false, answers: 0 }
  const request = { method: 'POST', url: '/', query: '', headers: [] }
  jobs.write(
    encodeFrame({ workflow_id: 'wf_1', settings: 2, calls, steps, request }, [Buffer.from('{}'), Buffer.from('[]')]),
  )
  await found.until(({ header }) => header.type === 'step')
  jobs.end()
  const [exitCode, signal] = await once(child, 'close')
  assert.deepEqual([exitCode, signal], [null, 'SIGKILL'])
  assert.deepEqual(
    found.frames.map(({ header }) => header.type),
    ['step'],
  )
})

function watch(pipe: Readable) {
  const reader = new FrameReader(LIMITS)
  const frames: Frame[] = []
  const changed = new EventTarget()
  pipe.on('data', (chunk) => {
    frames.push(...reader.push(chunk))
    changed.dispatchEvent(new Event('frames'))
  })
  return {
    frames,
    async until(matches: (frame: Frame) => boolean): Promise<void> {
      while (!frames.some(matches)) await once(changed, 'frames')
    },
  }
}
