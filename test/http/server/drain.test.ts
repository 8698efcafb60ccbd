import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, createServer, get } from 'node:http'
import { test } from 'node:test'
import { createDrain } from '../../../src/http/server/drain.ts'
import { until } from '../../helpers/workflows.ts'

test('a drain ends with new connections refused while kept ones are served, so that a proxy takes its calls elsewhere', async (t) => {
  // The kept connection is idle until new ones are refused.
  const server = createServer({ keepAliveTimeout: 0 }, (_request, response) => response.end('served'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const kept = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => kept.destroy())
  const call = (agent: Agent | false) =>
    new Promise<string>((done) => {
      get({ host: '127.0.0.1', port: address.port, agent }, (answer) => {
        const { localPort } = answer.socket
        answer.resume().once('end', () => done(`${answer.statusCode} ${localPort}`))
      }).once('error', (error) => done(error.message))
    })
  const first = await call(kept)
  const drain = createDrain(1)
  const drained = drain.serveOn(server)
  assert.equal(drain.isUnderWay, true)
  assert.match(await call(false), /^200 /)
  await until(async () => (await call(false)).includes('ECONNREFUSED'))
  // On the same connection.
  assert.equal(await call(kept), first)
  await drained
})
