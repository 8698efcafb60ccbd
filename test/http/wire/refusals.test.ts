import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { UserError } from '../../../src/errors.ts'
import { createRefusals } from '../../../src/http/wire/refusals.ts'
import { startServer } from '../../helpers/server.ts'
import { createCatch, must, until } from '../../helpers/workflows.ts'

type Line = Readonly<Record<string, unknown>>

test('of thousands of refusals a second ten are written, the next line says how many were not, and failures are apart', () => {
  const lines: Line[] = []
  let now = 0
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const refusals = createRefusals(log, () => now)
  const refused = new UserError('unauthorized', 'Found "what the caller sent".')
  const ids = Array.from({ length: 2000 }, () => refusals.answer(refused, { route: '/hooks/:key' }))
  assert.equal(new Set(ids.map(({ headers }) => headers['X-Request-Id'])).size, 2000)
  assert.equal(lines.length, 10)
  assert.doesNotMatch(JSON.stringify(lines), /what the caller sent/)
  const away = new UserError('unavailable', 'The database is away.', { retryAfterSeconds: 1 })
  const { headers } = refusals.answer(away, { workflowId: 'wf_1' })
  assert.equal(headers['Retry-After'], '1')
  const { level, requestId, status, code, detail, workflowId } = lines.at(-1) ?? {}
  assert.deepEqual([level, requestId, status, code], [40, headers['X-Request-Id'], 503, 'unavailable'])
  assert.deepEqual([detail, workflowId], ['The database is away.', 'wf_1'])
  now = 1000
  refusals.answer(refused, {})
  assert.equal(lines.at(-1)?.unlogged, 1990)
})

test('an answer with an error status of a hook, of the API and of a path that is wrong has the id of its line in the log, which names the server', async (t) => {
  const server = await startServer()
  t.after(() => server.stop())
  const workflow = await createCatch(server, { source: 'def workflow(_request, settings): return None' })
  await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { enabled: false }), 200)
  const key = new URL(workflow.hook_url ?? '').pathname
  const authorization = `Bearer ${server.apiKey}`
  type Servers = { readonly servers: readonly { readonly id: string }[] }
  const { servers } = await must(server.api<Servers>('GET', '/api/system/operation'), 200)
  const serverId = servers[0]?.id ?? ''
  assert.match(serverId, /^srv_/)
  const calls: readonly [path: string, method: string, status: number, line: Line][] = [
    [key, 'POST', 503, { level: 40, code: 'disabled', route: '/hooks/:key', workflowId: workflow.id }],
    ['/hooks/AAAAAAAAAAAAAAAAAAAAAAAAAA', 'POST', 404, { level: 30, code: 'not_found', route: '/hooks/:key' }],
    ['/api/runs/run_none', 'GET', 404, { level: 30, code: 'not_found', route: '/api/runs/:id' }],
    ['/api/runs?limit=none', 'GET', 400, { level: 30, route: '/api/runs' }],
  ]
  for (const [path, method, status, expected] of calls) {
    const answer = await fetch(server.url + path, { method, headers: { authorization } })
    assert.equal(answer.status, status, await answer.text())
    const requestId = answer.headers.get('x-request-id') ?? ''
    assert.match(requestId, /^[0-9a-f]{16}$/)
    const line = await until(async () =>
      server
        .output()
        .split('\n')
        .find((one) => one.includes(requestId)),
    )
    const found: Line = JSON.parse(line)
    assert.deepEqual({ ...found, ...expected, serverId, requestId, method, status }, found)
  }
  assert.ok(!server.output().includes(key), 'the address of a hook is secret')
})
