/** API keys: for programs that call the API. Only a hash is stored; the key itself is shown once. */

import { createHash, randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import { createId } from '../../domain/id.ts'
import { UserError } from '../../errors.ts'
import { presentKey } from '../presenters.ts'
import { ApiKey, answers, IdParams, KeyCreate, NewApiKey, pageOf } from '../schemas.ts'
import { type Api, type ApiContext, actorOf, audit, checkText } from './api.ts'

const tags = ['API keys']
const PREFIX_LENGTH = 10

export function addKeyRoutes(app: Api, context: ApiContext): void {
  const { store, now } = context

  app.get(
    '/keys',
    { schema: { tags, summary: 'List API keys', response: answers(200, pageOf(ApiKey)) } },
    async () => ({ data: (await store.listApiKeys()).map(presentKey), next_cursor: null }),
  )

  app.post(
    '/keys',
    { schema: { tags, summary: 'Create an API key', body: KeyCreate, response: answers(201, NewApiKey) } },
    async (request, reply) => {
      const key = `wf_${randomBytes(32).toString('base64url')}`
      const made = {
        id: createId('key', now(), randomBytes(16)),
        name: checkText('name', request.body.name),
        prefix: key.slice(0, PREFIX_LENGTH),
        createdAt: now(),
      }
      await store.createApiKey({ ...made, hash: hashKey(key), createdBy: actorOf(request) })
      await audit(context, request, 'key.create', null, made.name)
      return reply
        .code(201)
        .header('Cache-Control', 'no-store')
        .send({ ...presentKey({ ...made, lastUsedAt: null, revokedAt: null }), key })
    },
  )

  app.delete(
    '/keys/:id',
    { schema: { tags, summary: 'Revoke an API key', params: IdParams, response: answers(204, Type.Null()) } },
    async (request, reply) => {
      const { id } = request.params
      const revoked = /^key_[0-9A-Za-z]{1,64}$/.test(id) && (await store.revokeApiKey(id, now()))
      if (!revoked) throw new UserError('not_found', `There is no API key ${JSON.stringify(id.slice(0, 100))} in use.`)
      await audit(context, request, 'key.revoke', null, id)
      return reply.code(204).send()
    },
  )
}

/** 256 random bits need no slow hash: nobody can try them all. */
export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex')
