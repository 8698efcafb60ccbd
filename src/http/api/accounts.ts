/** Signing in and out, sessions and passwords: better-auth answers, the errors speak the API's language. */

import { Type } from 'typebox'
import { type Api, type ApiContext, PUBLIC_BODY_BYTES } from './api.ts'

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
