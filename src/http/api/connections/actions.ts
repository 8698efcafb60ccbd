import { UserError } from '../../../errors.ts'
import { beginSignIn, redirectUriOf } from '../../connections/sign-in.ts'
import { type Api, type ApiContext, recorded } from '../common/api.ts'
import { NoFields } from '../common/schemas.ts'
import { findConnection, shown } from './find.ts'
import { Connection, ConnectionTest, ConnectionUrl } from './schemas.ts'

const tags = ['Connections']
const config = { scope: 'admin' } as const

export function addConnectionActions(app: Api, context: ApiContext): void {
  addAuthorize(app, context)
  addDisconnect(app, context)
  addTest(app, context)
}

function addAuthorize(app: Api, context: ApiContext): void {
  const { store, urls, oauth, now } = context
  app.post(
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
    async (request) => {
      const connection = await findConnection(store, request.params.id)
      if (connection.config.grant !== 'authorization_code')
        throw new UserError(
          'conflict',
          'The grant client_credentials has no sign-in: the token is requested when needed.',
        )
      const { signIn, url } = await beginSignIn({ oauth, now, redirectUri: redirectUriOf(urls) }, request, connection)
      await recorded(context, request, async (tx, note) => {
        await tx.connections.putSignIn(signIn, now())
        await note('connection.authorize', null, connection.name)
      })
      return { url }
    },
  )
}

function addDisconnect(app: Api, context: ApiContext): void {
  const { store, oauth, log } = context
  app.post(
    '/connections/:id/disconnect',
    {
      config,
      tags,
      summary: 'End the sign-in of a connection',
      description: 'Deletes the tokens, and revokes them where the provider can (RFC 7009).',
      body: NoFields,
      response: { 200: Connection },
    },
    async (request) => {
      const connection = await findConnection(store, request.params.id)
      await recorded(context, request, async (tx, note) => {
        await tx.connections.forgetTokens(connection.id)
        await note('connection.disconnect', null, connection.name)
      })
      if (connection.tokens !== null) {
        await oauth
          .revoke(connection, connection.tokens)
          .catch((error: unknown) =>
            log.warn({ err: error, connection: connection.id }, 'the tokens of a connection could not be revoked'),
          )
      }
      return await shown(context, await findConnection(store, connection.id))
    },
  )
}

function addTest(app: Api, context: ApiContext): void {
  const { store, connections, oauth } = context
  app.post(
    '/connections/:id/test',
    {
      config,
      tags,
      summary: 'Test a connection with a harmless call',
      body: NoFields,
      response: { 200: ConnectionTest },
    },
    async (request) => {
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
  )
}
