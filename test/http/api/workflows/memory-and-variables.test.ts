import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { shareServer } from '../../../helpers/shared-servers.ts'
import { createCatch, createPull, must, type RunBody } from '../../../helpers/workflows.ts'

type MeasuredRun = { id: string; status: string; peak_memory_bytes: number | null }
const MIB = 1024 * 1024

const server = await shareServer()
after(() => server.close())

test('memory_mib and variables have defaults, are changed, and bound what runs get', async () => {
  const source = 'import os\ndef workflow(s):\n    return len(bytearray(300 * 1024 * 1024)) and os.environ["REGION"]'
  const workflow = await createPull(server, { source })
  assert.deepEqual([workflow.memory_mib, workflow.variables], [512, {}])
  const path = `/api/workflows/${workflow.id}`
  const run = () => must(server.api<RunBody>('POST', `${path}/runs`, {}), 200)
  await must(server.api('PATCH', path, { variables: { REGION: 'eu' }, memory_mib: 128 }), 200)
  assert.equal((await run()).code, 'out_of_memory')
  const changed = await must(server.api('PATCH', path, { memory_mib: 640 }), 200)
  assert.deepEqual([changed.memory_mib, changed.variables], [640, { REGION: 'eu' }])
  assert.equal((await run()).label, 'eu')
})

test('a memory out of its bounds, and variables that the platform sets, are refused', async () => {
  const workflow = await createPull(server, { source: 'def workflow(s): pass' })
  for (const sent of [
    { memory_mib: 127 },
    { memory_mib: 8193 },
    { variables: { PATH: '/tmp' } },
    { variables: { PYTHONPATH: '/tmp' } },
    { variables: { LD_PRELOAD: '/tmp/x.so' } },
    { variables: { 'A B': '' } },
    { variables: { A: 1 } },
    { variables: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`A${index}`, ''])) },
  ]) {
    const { status, body } = await server.api('PATCH', `/api/workflows/${workflow.id}`, sent)
    assert.deepEqual([status, body.code], [400, 'bad_request'], JSON.stringify(sent).slice(0, 100))
  }
})

test('a run has the most memory that it used, whether it succeeds or fails', async () => {
  const source =
    'def workflow(r, s):\n    block = b"x" * (r["mib"] << 20)\n    del block\n    if r["fails"]:\n        raise ValueError("no")\n'
  const workflow = await createCatch(server, { source })
  for (const [mib, fails] of [
    [100, false],
    [200, true],
  ] as const) {
    const request = { body: JSON.stringify({ mib, fails }), headers: { 'content-type': 'application/json' } }
    const made = await must(server.api<MeasuredRun>('POST', `/api/workflows/${workflow.id}/runs`, { request }), 200)
    const run = await must(server.api<MeasuredRun>('GET', `/api/runs/${made.id}`), 200)
    assert.equal(run.status, fails ? 'failed' : 'succeeded')
    const peak = run.peak_memory_bytes ?? 0
    assert.ok(peak > mib * MIB && peak < (mib + 80) * MIB, String(peak / MIB))
  }
})
