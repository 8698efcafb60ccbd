import { SCOPES } from '../../../domain/shared/access.ts'
import { parseLine } from '../../../domain/shared/control-characters.ts'
import { PUBLIC_BODY_BYTES } from '../common/api.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { Me, SetupCreate } from './access-schemas.ts'
import { checkEmail } from './people.ts'

const tags = ['System']

export const setupRoutes: readonly ApiRoute[] = [
  route.post(
    '/setup',
    {
      config: { public: true },
      bodyLimit: PUBLIC_BODY_BYTES,
      tags,
      summary: "Create the owner's account",
      body: SetupCreate,
      response: { 201: Me },
      security: [],
    },
    async (request, { auth }, reply) => {
      const { token, password } = request.body
      const email = checkEmail(request.body.email)
      const name = parseLine('name', request.body.name ?? '').trim() || (email.split('@')[0] ?? email)
      const { actor, headers } = await auth.createOwner({ token, email, name, password })
      for (const cookie of headers.getSetCookie()) reply.header('Set-Cookie', cookie)
      reply.code(201)
      return { ...actor, role: 'owner' as const, scopes: [...SCOPES] }
    },
  ),
]
