/** A bug of the program: the caller gets an id and no detail, and the log has both. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fastify from 'fastify'
import pino from 'pino'
import { sendError } from '../../../src/http/wire/error-handlers.ts'
import { createRefusals } from '../../../src/http/wire/refusals.ts'

test('an internal error names the id under which the log has its stack, and nothing of it', async () => {
  const lines: { err?: { message: string; stack: string }; requestId?: string }[] = []
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const app = fastify({ loggerInstance: log })
  app.setErrorHandler((error, _request, reply) => sendError(reply, error, createRefusals(log)))
  app.get('/', async () => {
    throw new Error('the secret is swordfish')
  })
  const answer = await app.inject('/')
  await app.close()
  assert.equal(answer.statusCode, 500)
  assert.doesNotMatch(answer.body, /swordfish/)
  const [, id] = /as error ([0-9a-f]{16})\./.exec(answer.json().detail) ?? []
  const [line] = lines
  assert.ok(id !== undefined)
  assert.equal(line?.requestId, id)
  assert.equal(answer.headers['x-request-id'], id)
  assert.match(line?.err?.stack ?? '', /swordfish[\s\S]*error-handlers\.test/)
})
