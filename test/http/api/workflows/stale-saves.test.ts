/** A change that was made from an older state is refused, and nothing is overwritten. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { shareServer } from '../../../helpers/shared-servers.ts'
import { createCatch, must, type WorkflowBody } from '../../../helpers/workflows.ts'

const say = (text: string) => `def workflow(_request, settings):\n    return {"status_code": 200, "body": "${text}"}\n`
type Version = { number: number; source: string }
type Page<T> = { data: readonly T[] }

const server = await shareServer()
after(() => server.close())

const read = (id: string) => must(server.api<WorkflowBody>('GET', `/api/workflows/${id}`), 200)

test('a save whose base is not the newest version any more is 409 and stores nothing', async () => {
  const workflow = await createCatch(server, { source: say('one') })
  const path = `/api/workflows/${workflow.id}/versions`
  await must(server.api('POST', path, { source: say('theirs'), deploy: false, base_version: 1 }), 201)
  for (const deploy of [true, false]) {
    const late = await server.api('POST', path, { source: say('mine'), deploy, base_version: 1 })
    assert.equal(late.status, 409)
    assert.equal(late.body.code, 'conflict')
    assert.match(String(late.body.detail), /newest version: expected version 1, found version 2/)
  }
  const { data } = await must(server.api<Page<Version>>('GET', path), 200)
  assert.deepEqual(
    data.map(({ source }) => source),
    [say('theirs'), say('one')],
  )
  await must(server.api('POST', path, { source: say('mine'), base_version: 2, base_deployed: 1 }), 201)
  assert.equal((await read(workflow.id)).deployed_version, 3)
})

test('a deployment over one that the caller has not seen is 409', async () => {
  const workflow = await createCatch(server, { source: say('one') })
  const path = `/api/workflows/${workflow.id}/versions`
  await must(server.api('POST', path, { source: say('two'), base_deployed: 1 }), 201)
  assert.equal((await server.api('POST', `${path}/1/deploy`, { base_deployed: 1 })).status, 409)
  assert.equal((await server.api('POST', path, { source: say('three'), base_deployed: 1 })).status, 409)
  assert.equal((await read(workflow.id)).deployed_version, 2)
  await must(server.api('POST', `${path}/1/deploy`, { base_deployed: 2 }), 200)
  const fresh = await must(server.api<WorkflowBody>('POST', '/api/workflows', { name: 'fresh', kind: 'catch' }), 201)
  const first = { source: say('one'), base_version: 0, base_deployed: 0 }
  await must(server.api('POST', `/api/workflows/${fresh.id}/versions`, first), 201)
  assert.equal((await server.api('POST', `/api/workflows/${fresh.id}/versions`, first)).status, 409)
})

test('a change of a workflow that was changed since it was read is 409', async () => {
  const workflow = await createCatch(server, { source: say('one') })
  const path = `/api/workflows/${workflow.id}`
  const { updated_at } = await read(workflow.id)
  await must(server.api('PATCH', path, { name: 'theirs', base_updated_at: updated_at }), 200)
  const late = await server.api('PATCH', path, { name: 'mine', base_updated_at: updated_at })
  assert.equal(late.status, 409)
  const now = await read(workflow.id)
  assert.equal(now.name, 'theirs')
  await must(server.api('PATCH', path, { name: 'mine', base_updated_at: now.updated_at }), 200)
  assert.equal((await server.api('PATCH', path, { name: 'x', base_updated_at: 'yesterday' })).status, 400)
})

test('live pages learn at once what people change, and of which workflow', async () => {
  const workflow = await createCatch(server, { source: say('one') })
  const events = await fetch(`${server.url}/api/events`, { headers: { authorization: `Bearer ${server.apiKey}` } })
  assert.ok(events.body !== null)
  const reader = events.body.pipeThrough(new TextDecoderStream()).getReader()
  await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/KEY`, { value: 'a secret?' }), 200)
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: say('two') }), 201)
  let told = ''
  // An event may come in two pieces.
  const change = (action: string) => `event: change\ndata: {"workflow_id":"${workflow.id}","action":"${action}"}`
  while (!told.includes(change('version.deploy'))) told += (await reader.read()).value ?? ''
  await reader.cancel()
  assert.ok(told.includes(change('setting.set')), told)
  assert.equal(told.includes('a secret?'), false)
})
