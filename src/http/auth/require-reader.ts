/** A log-in for pages that are public unless the operator asks for one. */

import type { FastifyRequest } from 'fastify'
import { UserError } from '../../errors.ts'
import type { Auth } from './auth.ts'

/** Returns a hook of Fastify that throws `unauthorized` or `forbidden` unless the principal has the scope `read`. */
export function requireReader(auth: Pick<Auth, 'authenticate'>): (request: FastifyRequest) => Promise<void> {
  return async ({ headers }) => {
    const principal = await auth.authenticate(headers)
    if (principal === null) throw new UserError('unauthorized', 'Sign in, or send Authorization: Bearer <api key>.')
    if (!principal.scopes.includes('read')) throw new UserError('forbidden', 'Expected the scope read.')
  }
}
