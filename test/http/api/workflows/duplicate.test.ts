/** Contract, section 6: workflows like another one, and tags. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startServer } from '../../../helpers/server.ts'
import { callHook, createCatch, must, type WorkflowBody } from '../../../helpers/workflows.ts'

const SOURCE = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": settings["PLAIN"]}\n'
type Setting = { key: string; value: unknown; secret: boolean }

const server = await startServer()
after(() => server.close())

/** The first, because it names the tags of all workflows. */
test('the tags of all workflows are listed by name', async () => {
  for (const tags of [['payroll'], ['intake', 'payroll']]) await createCatch(server, { source: SOURCE, tags })
  assert.deepEqual(await must(server.api('GET', '/api/tags'), 200), {
    data: [
      { name: 'intake', workflows: 1 },
      { name: 'payroll', workflows: 2 },
    ],
    next_cursor: null,
  })
})

const duplicate = ({ id }: WorkflowBody, name: string) =>
  server.api<WorkflowBody>('POST', `/api/workflows/${id}/duplicate`, { name })

test('a duplicate has the fields, the code and the settings, but no secrets, and is disabled', async () => {
  const fields = { description: 'parses', timeout_seconds: 70, tags: ['hr'], settings: { PLAIN: 'value' } }
  const original = await createCatch(server, { source: SOURCE, ...fields })
  const path = `/api/workflows/${original.id}/settings/TOKEN`
  await must(server.api('PUT', path, { value: 'swordfish-9', secret: true }), 200)
  const copy = await must(duplicate(original, 'copy'), 201)
  assert.notEqual(copy.id, original.id)
  assert.notEqual(copy.hook_url, original.hook_url)
  const { name, enabled, description, timeout_seconds, tags, deployed_version } = copy
  assert.deepEqual(
    [name, enabled, description, timeout_seconds, tags, deployed_version],
    ['copy', false, 'parses', 70, ['hr'], 1],
  )
  const settings = await must(server.api<{ data: Setting[] }>('GET', `/api/workflows/${copy.id}/settings`), 200)
  assert.deepEqual(
    settings.data.map(({ key, value }) => [key, value]),
    [['PLAIN', 'value']],
  )
  assert.equal((await callHook(copy, {})).status, 503)
  await must(server.api('PATCH', `/api/workflows/${copy.id}`, { enabled: true }), 200)
  assert.equal((await callHook(copy, {})).text, 'value')
})

test('a duplicate of a workflow whose senders prove who they are takes no call before it has a secret', async () => {
  const sender_check = { scheme: 'bearer', secret: 'a-long-enough-secret' }
  const copy = await must(duplicate(await createCatch(server, { source: SOURCE, sender_check }), 'checked'), 201)
  await must(server.api('PATCH', `/api/workflows/${copy.id}`, { enabled: true }), 200)
  const headers = { authorization: 'Bearer a-long-enough-secret' }
  assert.equal((await callHook(copy, {}, { headers })).status, 401)
})

test('a duplicate needs a name', async () => {
  const original = await createCatch(server, { source: SOURCE })
  await must(duplicate(original, '  '), 400)
  await must(server.api('POST', `/api/workflows/${original.id}/duplicate`, {}), 400)
})

test('workflows are listed by tag', async () => {
  const list = async (tag: string) =>
    (await must(server.api<{ data: WorkflowBody[] }>('GET', `/api/workflows?tag=${encodeURIComponent(tag)}`), 200)).data
  const made = await createCatch(server, { source: SOURCE, tags: [' ats ', 'a"b', 'ats', '50%'] })
  assert.deepEqual(made.tags, ['ats', 'a"b', '50%'])
  for (const tag of ['ats', 'a"b', '50%'])
    assert.deepEqual(
      (await list(tag)).map(({ id }) => id),
      [made.id],
    )
  for (const tag of ['at', '%', '5_%']) assert.deepEqual(await list(tag), [])
  const path = `/api/workflows/${made.id}`
  await must(server.api('PATCH', path, { tags: Array.from({ length: 21 }, (_, index) => `t${index}`) }), 400)
  await must(server.api('PATCH', path, { tags: [' '] }), 400)
})
