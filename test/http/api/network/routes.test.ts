/** Private addresses that an owner opens for functions. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { networkInterfaces } from 'node:os'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../../../helpers/server.ts'
import { callHook, createCatch, must, until } from '../../../helpers/workflows.ts'

/** An address of this machine that is not its loopback. Nothing answers at the second one. */
const ADDRESS =
  Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '10.255.255.1'

const SOURCE = `import json, socket
def workflow(_request, settings):
    try:
        socket.create_connection((_request['host'], int(_request['port'])), timeout=5).close()
        answer = 'connected'
    except Exception as error:
        answer = '%s: %s' % (type(error).__name__, error)
    return {'status_code': 200, 'body': answer}
`
const service = createServer((_, response) => response.end('found'))
let server: TestServer
let port: number

before(async () => {
  await once(service.listen(0, '0.0.0.0'), 'listening')
  const address = service.address()
  port = typeof address === 'object' && address !== null ? address.port : 0
  server = await startServer()
})
after(async () => {
  await server?.close()
  service.close()
})

const isOpen = (answer: string): boolean => !answer.startsWith('PermissionError')

test('an owner opens a private address for one workflow, and closes it', async () => {
  const [one, other] = [
    await createCatch(server, { source: SOURCE, name: 'one' }),
    await createCatch(server, { source: SOURCE, name: 'other' }),
  ]
  const reach = async (workflow: typeof one) => (await callHook(workflow, { host: ADDRESS, port })).text
  const closed = `PermissionError: [Errno 13] blocked: ${ADDRESS}:${port} is a private address. An owner can allow it under Settings → Network.`
  assert.equal(await reach(one), closed)
  const made = await must(
    server.api('POST', '/api/network/internal', { host: `${ADDRESS}:${port}`, workflows: [one.id], note: 'the CRM' }),
    201,
  )
  assert.deepEqual(
    { ...made, id: '', created_by: '', created_at: '' },
    {
      id: '',
      host: `${ADDRESS}:${port}`,
      workflows: [one.id],
      note: 'the CRM',
      created_by: '',
      created_at: '',
    },
  )
  await until(async () => isOpen(await reach(one)))
  assert.equal(await reach(other), closed)
  await must(server.api('PATCH', `/api/network/internal/${made.id}`, { workflows: 'all' }), 200)
  await until(async () => isOpen(await reach(other)))
  await must(server.api('DELETE', `/api/network/internal/${made.id}`), 204)
  await until(async () => !isOpen(await reach(one)))
  const { data } = await must(server.api('GET', '/api/audit?limit=20'), 200)
  const lines = (data as { action: string; detail: string }[]).filter(({ action }) =>
    action.startsWith('internal_host'),
  )
  assert.deepEqual(
    lines.map(({ action }) => action),
    ['internal_host.delete', 'internal_host.update', 'internal_host.create'],
  )
  assert.equal((await server.api('DELETE', `/api/network/internal/${made.id}`)).status, 404)
})

test('the list shows the operator’s rules, and refuses what nobody may open', async () => {
  const { internal, operator, locked } = await must(server.api('GET', '/api/network'), 200)
  assert.deepEqual([internal, operator, locked], [[], { allow: [], deny: [] }, false])
  const own = new URL(server.url).port
  for (const host of ['127.0.0.1:80', '169.254.169.254:80', '10.0.0.0/7', 'mail.corp:25', `${ADDRESS}:${own}`, 'x']) {
    if (host.startsWith('10.255.255.1')) continue
    const { status, body } = await server.api('POST', '/api/network/internal', { host })
    assert.deepEqual([status, body.code], [400, 'bad_request'], host)
    assert.match(String(body.detail), /^host: /)
  }
  const unknown = await server.api('POST', '/api/network/internal', { host: 'crm.corp:443', workflows: ['wf_none'] })
  assert.equal(unknown.status, 400)
})

test('a workflow that is deleted leaves the lists of internal hosts, and an empty list opens nothing', async () => {
  type Host = { id: string; workflows: string[] | 'all' }
  const [gone, kept] = [
    await createCatch(server, { source: SOURCE, name: 'gone' }),
    await createCatch(server, { source: SOURCE, name: 'kept' }),
  ]
  const add = (host: string, workflows: unknown) =>
    must(server.api<Host>('POST', '/api/network/internal', { host, workflows }), 201)
  const made = [
    await add(`${ADDRESS}:${port}`, [gone.id]),
    await add('10.3.0.1:443', [gone.id, kept.id]),
    await add('10.3.0.2:443', 'all'),
  ]
  await must(server.api('PATCH', `/api/workflows/${gone.id}`, { archived: true }), 200)
  await must(server.api('DELETE', `/api/workflows/${gone.id}`), 204)
  const { internal } = await must(server.api<{ internal: Host[] }>('GET', '/api/network'), 200)
  assert.deepEqual(
    internal.map(({ workflows }) => workflows),
    [[], [kept.id], 'all'],
  )
  await must(server.api('PATCH', `/api/network/internal/${made[1]?.id}`, { workflows: internal[1]?.workflows }), 200)
  await until(async () => !isOpen((await callHook(kept, { host: ADDRESS, port })).text))
  for (const { id } of made) await must(server.api('DELETE', `/api/network/internal/${id}`), 204)
})

test('there are at most 200 internal hosts', async () => {
  for (let index = 0; index < 200; index += 1)
    await must(server.api('POST', '/api/network/internal', { host: `10.1.${index}.1:443` }), 201)
  const { status, body } = await server.api('POST', '/api/network/internal', { host: '10.2.0.1:443' })
  assert.deepEqual([status, body.code], [409, 'conflict'])
})

test('an operator locks the list', async () => {
  const locked = await startServer({
    env: {
      WORKFLOWS_INTERNAL_HOSTS: 'operator',
      WORKFLOWS_EGRESS_ALLOW: 'localhost:5410',
      WORKFLOWS_EGRESS_DENY: '10.9.0.0/16,[2001:db8::/32]:443',
    },
  })
  try {
    assert.deepEqual(await must(locked.api('GET', '/api/network'), 200), {
      internal: [],
      owners: [],
      operator: { allow: ['localhost:5410'], deny: ['10.9.0.0/16', '[2001:db8::/32]:443'] },
      locked: true,
    })
    const { status, body } = await locked.api('POST', '/api/network/internal', { host: '10.0.0.5:443' })
    assert.deepEqual([status, body.code], [403, 'forbidden'])
    assert.match(String(body.detail), /WORKFLOWS_INTERNAL_HOSTS/)
    const workflow = await createCatch(locked, { source: SOURCE, name: 'locked' })
    assert.match((await callHook(workflow, { host: '10.0.0.5', port: 80 })).text, /WORKFLOWS_EGRESS_ALLOW$/)
  } finally {
    await locked.close()
  }
})
