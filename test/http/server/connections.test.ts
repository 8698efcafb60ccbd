/** What a server does with open connections when it ends. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { limitConnections } from '../../../src/http/server/connections.ts'
import { until } from '../../helpers/workflows.ts'

test('a connection that has sent nothing does not delay the end of the server', async () => {
  const server = createServer()
  limitConnections(server, { connections: 10, unsentBytes: 1e9, stallMs: 60_000, minAnswerRate: 1, bodyGraceMs: 0 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const accepted: Socket[] = []
  server.on('connection', (socket: Socket) => accepted.push(socket))
  const silent = connect(address.port, '127.0.0.1').on('error', () => {})
  const sending = connect(address.port, '127.0.0.1').on('error', () => {})
  sending.write('GET / HTTP/1.1\r\nHost: t\r\nX-A: ')
  await until(async () => accepted.length === 2 && accepted.some(({ bytesRead }) => bytesRead > 0))
  const closed = once(server, 'close')
  server.close()
  await once(silent, 'close')
  assert.equal(sending.destroyed, false)
  server.closeAllConnections()
  await closed
})
