import { CONNECTION_LIMITS, type Connection } from '../../../domain/connections/connection.ts'
import { parseConnectionName } from '../../../domain/connections/parse.ts'
import { PRESETS } from '../../../domain/connections/presets.ts'
import { UserError } from '../../../errors.ts'
import { newId } from '../../../random.ts'
import type { StoreParts, StoreUse } from '../../../store/store.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import { redirectUriOf } from '../../connections/sign-in.ts'
import { recorded } from '../common/api.ts'
import { fieldChanges } from '../common/field-changes.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { NoContent, pageOf } from '../common/schemas.ts'
import { connectionActions } from './actions.ts'
import { findConnection, lockConnection, shown } from './find.ts'
import { presentConnection, presentProvider } from './present.ts'
import { changeConfig, movesOf, readConfig } from './read-config.ts'
import { ConnectionCreate, ConnectionPatch, ConnectionProvider, Connection as ConnectionSchema } from './schemas.ts'

const tags = ['Connections']
const config = { scope: 'admin' } as const

export const connectionRoutes: readonly ApiRoute[] = [
  route.get(
    '/connection-providers',
    { tags, summary: 'List providers of connections', response: { 200: pageOf(ConnectionProvider) } },
    async () => ({ data: PRESETS.map(presentProvider), next_cursor: null }),
  ),

  route.get(
    '/connections',
    { tags, summary: 'List connections', response: { 200: pageOf(ConnectionSchema) } },
    async (_request, { store, urls }) => {
      const connections = await store.connections.list()
      const shown = connections.map(async (one) =>
        presentConnection(one, await store.connections.listUse(one.name), redirectUriOf(urls)),
      )
      return { data: await Promise.all(shown), next_cursor: null }
    },
  ),

  route.post(
    '/connections',
    {
      config,
      tags,
      summary: 'Create a connection',
      description: 'A person signs in at the URL of `POST /api/connections/{id}/authorize`.',
      body: ConnectionCreate,
      response: { 201: ConnectionSchema },
    },
    async (request, context, reply) => {
      const { name: given, client_secret: clientSecret = null } = request.body
      const name = parseConnectionName('name', given)
      const read = await readConfig(context, request.body)
      const createdAt = context.now()
      const connection: Connection = {
        id: newId('conn', createdAt),
        name,
        config: read,
        clientSecret,
        status: 'new',
        account: null,
        expiresAt: null,
        refreshedAt: null,
        problem: null,
        createdBy: actorOf(request),
        createdAt,
      }
      await recorded(context, request, async (tx, note) => {
        await assertFree(tx, name)
        if ((await tx.connections.list()).length >= CONNECTION_LIMITS.connections)
          throw new UserError('conflict', `There are ${CONNECTION_LIMITS.connections} connections already.`)
        await tx.connections.create(connection)
        const shown = presentConnection(connection, [], redirectUriOf(context.urls))
        await note('connection.create', null, name, fieldChanges({}, shown, FIELDS))
      })
      reply.code(201).header('Location', `/api/connections/${connection.id}`)
      return presentConnection(connection, [], redirectUriOf(context.urls))
    },
  ),

  route.get(
    '/connections/:id',
    { tags, summary: 'Read a connection', response: { 200: ConnectionSchema } },
    async ({ params }, context) => await shown(context, await findConnection(context.store, params.id)),
  ),

  route.patch(
    '/connections/:id',
    {
      config,
      tags,
      summary: 'Change a connection',
      description:
        'The tokens are kept. A changed client or scope takes effect with the next sign-in. A changed `token_url`, ' +
        '`revocation_url` or `userinfo_url` ends the sign-in, and the first two need the `client_secret` again.',
      body: ConnectionPatch,
      response: { 200: ConnectionSchema },
    },
    async (request, context) => {
      const { name: given, client_secret: clientSecret } = request.body
      const name = given === undefined ? undefined : parseConnectionName('name', given)
      await recorded(context, request, async (tx, note) => {
        const before = await lockConnection(tx, request.params.id)
        const changes = {
          ...(name === undefined ? {} : { name }),
          ...(clientSecret === undefined ? {} : { clientSecret }),
          config: changeConfig(context, before.config, request.body),
        }
        const used = await tx.connections.listUse(before.name)
        if (name !== undefined && name !== before.name) {
          await assertFree(tx, name)
          assertUnused(before.name, used)
        }
        const { sendsSecret, sendsToken } = movesOf(before.config, changes.config)
        if (sendsSecret && before.clientSecret !== null && clientSecret === undefined) throw NEEDS_SECRET
        await tx.connections.update(before.id, changes)
        if (sendsSecret || sendsToken) await tx.connections.forgetTokens(before.id)
        const [old, made] = [before, { ...before, ...changes }].map((one) =>
          presentConnection(one, used, redirectUriOf(context.urls)),
        )
        const secret = clientSecret === undefined ? [] : [{ field: 'client_secret', old: null, new: null }]
        await note('connection.update', null, before.name, [...fieldChanges(old ?? {}, made ?? {}, FIELDS), ...secret])
      })
      return await shown(context, await findConnection(context.store, request.params.id))
    },
  ),

  route.delete(
    '/connections/:id',
    {
      config,
      tags,
      summary: 'Delete a connection',
      description: 'Returns 409 if a workflow uses it. `POST /api/connections/{id}/disconnect` also ends the sign-in.',
      response: { 204: NoContent },
    },
    async (request, context, reply) => {
      await recorded(context, request, async (tx, note) => {
        const { id, name } = await lockConnection(tx, request.params.id)
        assertUnused(name, await tx.connections.listUse(name))
        await tx.connections.delete(id)
        await note('connection.delete', null, name)
      })
      reply.code(204)
    },
  ),

  ...connectionActions,
]

const FIELDS = [
  'name',
  'provider',
  'client_id',
  'scopes',
  'grant',
  'client_auth',
  'extra_parameters',
  'authorization_url',
  'token_url',
  'revocation_url',
  'userinfo_url',
]

/** A key may change a connection without the right to read its secret. */
const NEEDS_SECRET = new UserError(
  'bad_request',
  'client_secret: expected it again, because another address would receive it.',
)

async function assertFree(store: StoreUse<{ connections: 'findByName' }>, name: string): Promise<void> {
  if ((await store.connections.findByName(name)) !== null)
    throw new UserError('conflict', `There is a connection ${JSON.stringify(name)} already.`)
}

function assertUnused(name: string, used: Awaited<ReturnType<StoreParts['connections']['listUse']>>): void {
  if (used.length === 0) return
  const names = used.slice(0, 20).map(({ workflowId, workflowName }) => `${workflowName} (${workflowId})`)
  throw new UserError('conflict', `The connection ${name} is in use by ${names.join(', ')}: remove it there first.`)
}
