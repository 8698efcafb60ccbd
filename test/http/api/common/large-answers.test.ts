import assert from 'node:assert/strict'
import { get, type IncomingMessage } from 'node:http'
import { after, test } from 'node:test'
import { startServer } from '../../../helpers/server.ts'
import { callHook, createCatch, until } from '../../../helpers/workflows.ts'

const server = await startServer()
after(() => server.close())

/** Begins a call and does not read its answer. */
const begin = (path: string) =>
  new Promise<IncomingMessage>((done, fail) => {
    const headers = { authorization: `Bearer ${server.apiKey}` }
    get(new URL(path, server.url), { headers, agent: false }, done).once('error', fail)
  })

test('Z3-11 a principal receives at most two answers over 1 MiB at a time', async () => {
  const workflow = await createCatch(server, { name: 'large', source: 'def workflow(r, s): pass' })
  const answer = await callHook(workflow, 'x'.repeat(24 * 1024 * 1024))
  const path = `/api/runs/${answer.headers.get('workflow-run')}/request-body`
  const first = await begin(path)
  const second = await begin(path)
  assert.deepEqual([first.statusCode, second.statusCode], [200, 200])
  const third = await begin(path)
  assert.equal(third.statusCode, 429)
  third.resume()
  first.destroy()
  await until(async () => {
    const again = await begin(path)
    again.destroy()
    return again.statusCode === 200
  })
  second.destroy()
})
