import { randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import { readScopes, SCOPES } from '../../../domain/shared/access.ts'
import { parseLine } from '../../../domain/shared/control-characters.ts'
import { UserError } from '../../../errors.ts'
import { newId } from '../../../random.ts'
import { hashKey } from '../../auth/hash-key.ts'
import { actorOf, assertMayGrant } from '../../auth/shared/principal.ts'
import { recorded } from '../common/api.ts'
import { readTime } from '../common/read-time.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { pageOf } from '../common/schemas.ts'
import { ApiKey, KeyCreate, NewApiKey } from './access-schemas.ts'
import { presentKey } from './present.ts'

const tags = ['API keys']
const config = { scope: 'admin' } as const
const PREFIX_LENGTH = 10
const KEY_ID = /^key_[0-9A-Za-z]{1,64}$/

export const keyRoutes: readonly ApiRoute[] = [
  route.get(
    '/keys',
    { config, tags, summary: 'List API keys', response: { 200: pageOf(ApiKey) } },
    async (_request, { store }) => ({
      data: (await store.people.listApiKeys()).map(presentKey),
      next_cursor: null,
    }),
  ),

  route.post(
    '/keys',
    {
      config: { ...config, fresh: true },
      tags,
      summary: 'Create an API key',
      body: KeyCreate,
      response: { 201: NewApiKey },
    },
    async (request, context, reply) => {
      const key = `wf_${randomBytes(32).toString('base64url')}`
      const scopes = readScopes(request.body.scopes ?? SCOPES)
      assertMayGrant(request, 'scopes', scopes)
      const createdAt = context.now()
      const made = {
        id: newId('key', createdAt),
        name: parseLine('name', request.body.name),
        prefix: key.slice(0, PREFIX_LENGTH),
        scopes,
        createdAt,
        expiresAt: readExpiry(request.body.expires_at ?? null, createdAt),
        createdBy: actorOf(request),
      }
      await recorded(context, request, async (tx, note) => {
        await tx.people.createApiKey({ ...made, hash: hashKey(key) })
        await note('key.create', null, made.name)
      })
      reply.code(201).header('Cache-Control', 'no-store')
      return { ...presentKey({ ...made, lastUsedAt: null, revokedAt: null }), key }
    },
  ),

  route.delete(
    '/keys/:id',
    { config, tags, summary: 'Revoke an API key', response: { 204: Type.Null() } },
    async (request, context, reply) => {
      const { id } = request.params
      await recorded(context, request, async (tx, note) => {
        if (!(KEY_ID.test(id) && (await tx.people.revokeApiKey(id, context.now())))) {
          throw new UserError('not_found', `There is no API key ${JSON.stringify(id.slice(0, 100))} in use.`)
        }
        await note('key.revoke', null, id)
      })
      context.streams.rightsChanged()
      reply.code(204)
    },
  ),
]

function readExpiry(text: string | null, at: number): number | null {
  const time = readTime('expires_at', text ?? undefined)
  if (time === undefined) return null
  if (time > at) return time
  throw new UserError('bad_request', `expires_at: expected a time to come, found ${JSON.stringify(text)}.`)
}
