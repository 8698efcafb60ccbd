import { UserError } from '../../../errors.ts'
import { beginSignIn, redirectUriOf } from '../../connections/sign-in.ts'
import { recorded } from '../common/api.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { NoFields } from '../common/schemas.ts'
import { findConnection, shown } from './find.ts'
import { Connection, ConnectionTest, ConnectionUrl } from './schemas.ts'

const tags = ['Connections']
const config = { scope: 'admin' } as const

export const connectionActions: readonly ApiRoute[] = [
  route.post(
    '/connections/:id/authorize',
    {
      config,
      tags,
      summary: 'Begin the sign-in of a connection',
      description:
        'Returns the page of the provider to open, good once and for 10 minutes. The provider returns to ' +
        '`/connections/callback`, which accepts only the session or the API key of this call.',
      body: NoFields,
      response: { 200: ConnectionUrl },
    },
    async (request, context) => {
      const connection = await findConnection(context.store, request.params.id)
      if (connection.config.grant !== 'authorization_code')
        throw new UserError(
          'conflict',
          'The grant client_credentials has no sign-in: the token is requested when needed.',
        )
      const { signIn, url } = await beginSignIn(
        { oauth: context.oauth, now: context.now, redirectUri: redirectUriOf(context.urls) },
        request,
        connection,
      )
      await recorded(context, request, async (tx, note) => {
        await tx.connections.putSignIn(signIn, context.now())
        await note('connection.authorize', null, connection.name)
      })
      return { url }
    },
  ),

  route.post(
    '/connections/:id/disconnect',
    {
      config,
      tags,
      summary: 'End the sign-in of a connection',
      description: 'Deletes the tokens, and revokes them where the provider can (RFC 7009).',
      body: NoFields,
      response: { 200: Connection },
    },
    async (request, context) => {
      const connection = await findConnection(context.store, request.params.id)
      await recorded(context, request, async (tx, note) => {
        await tx.connections.forgetTokens(connection.id)
        await note('connection.disconnect', null, connection.name)
      })
      if (connection.tokens !== null) {
        await context.oauth
          .revoke(connection, connection.tokens)
          .catch((error: unknown) =>
            context.log.warn(
              { err: error, connection: connection.id },
              'the tokens of a connection could not be revoked',
            ),
          )
      }
      return await shown(context, await findConnection(context.store, connection.id))
    },
  ),

  route.post(
    '/connections/:id/test',
    {
      config,
      tags,
      summary: 'Test a connection with a harmless call',
      body: NoFields,
      response: { 200: ConnectionTest },
    },
    async (request, { store, connections, oauth }) => {
      const { name } = await findConnection(store, request.params.id)
      try {
        const held = await connections.ensure(name)
        if (held.tokens === null) return { ok: false, status: null, detail: 'The connection has no token.' }
        return await oauth.test(held, held.tokens)
      } catch (error) {
        if (!(error instanceof UserError) || error.code !== 'connection_unavailable') throw error
        return { ok: false, status: null, detail: error.message }
      }
    },
  ),
]
