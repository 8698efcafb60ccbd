/** The first account, which no one who is signed in could make. */

import { UserError } from '../../errors.ts'
import { answers, Me, SetupCreate } from '../schemas.ts'
import { type Api, type ApiContext, checkText, PUBLIC_BODY_BYTES } from './api.ts'

const tags = ['System']

export function addSetupRoute(app: Api, { store, auth, now }: ApiContext): void {
  app.post(
    '/setup',
    {
      config: { public: true },
      bodyLimit: PUBLIC_BODY_BYTES,
      schema: {
        tags,
        summary: "Create the owner's account",
        body: SetupCreate,
        response: answers(201, Me),
        security: [],
      },
    },
    async (request, reply) => {
      const { token, email, password } = request.body
      const name = checkText('name', request.body.name ?? '').trim() || (email.split('@')[0] ?? email)
      if (!/^[^\s@]+@[^\s@]+$/.test(email))
        throw new UserError('bad_request', 'email: expected an address such as ada@example.com.')
      const { actor, headers } = await auth.createOwner({ token, email: checkText('email', email), name, password })
      for (const cookie of headers.getSetCookie()) reply.header('Set-Cookie', cookie)
      await store.audit({ at: now(), by: actor, action: 'owner.create', workflowId: null, detail: email })
      return reply.code(201).send(actor)
    },
  )
}
