import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startServer } from '../../../helpers/server.ts'
import { createPull, must, type RunBody } from '../../../helpers/workflows.ts'

const server = await startServer()
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
