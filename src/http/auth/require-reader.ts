import type { FastifyRequest } from 'fastify'
import { UserError } from '../../errors.ts'
import type { Auth } from './auth.ts'
import { unknownSender } from './shared/principal.ts'

export function requireReader(auth: Pick<Auth, 'authenticate'>): (request: FastifyRequest) => Promise<void> {
  return async ({ headers }) => {
    const principal = await auth.authenticate(headers)
    if (principal === null) throw unknownSender(headers)
    if (!principal.scopes.includes('read')) throw new UserError('forbidden', 'Expected the scope read.')
  }
}
