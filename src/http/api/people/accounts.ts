/** Signing in and out, sessions and passwords: better-auth answers, the errors speak the API's language. */

import { createHash } from 'node:crypto'
import { Type } from 'typebox'
import { type Api, type ApiContext, PUBLIC_BODY_BYTES } from '../common/api.ts'
import { documentedResponses } from '../common/problem-schema.ts'
import { PasswordReset } from './access-schemas.ts'

/** What somebody does who has nothing but the link that `npm run reset-password` printed. */
export function addResetRoute(app: Api, { auth, store, streams, now }: ApiContext): void {
  app.post(
    '/reset-password',
    {
      config: { public: true },
      bodyLimit: PUBLIC_BODY_BYTES,
      schema: {
        tags: ['People'],
        summary: 'Set a new password by a link from the command line',
        body: PasswordReset,
        response: documentedResponses(204, Type.Null()),
        security: [],
      },
    },
    async (request, reply) => {
      const tokenHash = createHash('sha256').update(request.body.token).digest('hex')
      const by = await auth.people.resetPassword(tokenHash, request.body.password)
      streams.rightsChanged()
      await store.audit({ at: now(), by, action: 'password.reset', workflowId: null, detail: '' })
      return reply.code(204).send()
    },
  )
}

/** After these some sessions are over, and so are the streams that they had opened. */
const ENDS_SESSIONS = /^(sign-out|change-password|revoke-)/

export function addAccountRoutes(app: Api, { auth, streams, clientAddress }: ApiContext): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/auth/*',
    config: { public: true },
    bodyLimit: PUBLIC_BODY_BYTES,
    schema: { hide: true, params: Type.Object({ '*': Type.String() }) },
    async handler(request, reply) {
      const response = await auth.handleAccount({
        method: request.method,
        path: `/${request.params['*']}`,
        headers: request.headers,
        address: clientAddress(request.raw),
        body: request.body,
      })
      if (ENDS_SESSIONS.test(request.params['*'])) streams.rightsChanged()
      for (const cookie of response.headers.getSetCookie()) reply.header('Set-Cookie', cookie)
      return reply
        .code(response.status)
        .type('application/json')
        .send(await response.text())
    },
  })
}
