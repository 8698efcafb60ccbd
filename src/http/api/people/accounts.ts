import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { type ApiContext, PUBLIC_BODY_BYTES } from '../common/api.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { NoContent } from '../common/schemas.ts'
import { PasswordReset } from './access-schemas.ts'

export const resetRoutes: readonly ApiRoute[] = [
  route.post(
    '/reset-password',
    {
      config: { public: true },
      bodyLimit: PUBLIC_BODY_BYTES,
      tags: ['People'],
      summary: 'Set a new password by a link from the command line',
      body: PasswordReset,
      response: { 204: NoContent },
      security: [],
    },
    async (request, { auth, streams }, reply) => {
      const tokenHash = createHash('sha256').update(request.body.token).digest('hex')
      await auth.people.resetPassword(tokenHash, request.body.password)
      streams.rightsChanged()
      reply.code(204)
    },
  ),
]

const ENDS_SESSIONS = /^(sign-out|change-password|revoke-|callback\/|two-factor\/(verify-totp|disable))/

export function addAccountRoutes(app: FastifyInstance, { auth, streams, clientAddress }: ApiContext): void {
  app.route<{ Params: { '*': string } }>({
    method: ['GET', 'POST'],
    url: '/auth/*',
    config: { public: true },
    bodyLimit: PUBLIC_BODY_BYTES,
    schema: { hide: true },
    async handler(request, reply) {
      const path = request.params['*']
      const address = clientAddress(request.raw)
      const by = request.principal?.actor
      const { method, headers, body } = request
      const response = await auth
        .handleAccount({
          method,
          path: `/${path}`,
          query: /\?.*$/s.exec(request.url)?.[0] ?? '',
          headers,
          address,
          body,
        })
        .catch(async (error: unknown) => {
          const refusal = { action: 'password.refuse', workflowId: null, detail: address }
          if (path === 'change-password' && by !== undefined) await auth.noteRefusal({ ...refusal, by })
          throw error
        })
      if (ENDS_SESSIONS.test(path)) streams.rightsChanged()
      for (const cookie of response.headers.getSetCookie()) reply.header('Set-Cookie', cookie)
      const location = response.headers.get('location')
      if (location !== null) reply.header('Location', location)
      return reply
        .code(response.status)
        .type('application/json')
        .send(await response.text())
    },
  })
}
