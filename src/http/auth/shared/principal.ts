import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { Role, Scope } from '../../../domain/shared/access.ts'
import type { Actor } from '../../../domain/shared/actor.ts'
import { UserError } from '../../../errors.ts'

export function actorOf(request: FastifyRequest): Actor {
  return principalOf(request).actor
}

export function principalOf({ principal: sender, headers }: FastifyRequest): Principal {
  if (sender === null) throw unknownSender(headers)
  return sender
}

/** Repeats nothing of the key. */
export function unknownSender(
  { authorization }: Pick<IncomingHttpHeaders, 'authorization'>,
  expected = 'Sign in, or send Authorization: Bearer <api key>.',
): UserError {
  const isKey = authorization !== undefined && /^bearer /i.test(authorization)
  const found = isKey ? ' The API key of this call is unknown, revoked or expired.' : ''
  return new UserError('unauthorized', `${expected}${found}`)
}

export const may = (request: FastifyRequest, scope: Scope): boolean =>
  request.principal?.scopes.includes(scope) ?? false

export function assertMayGrant(request: FastifyRequest, what: 'scopes' | 'role', scopes: readonly Scope[]): void {
  const { scopes: own } = principalOf(request)
  const beyond = scopes.filter((scope) => !own.includes(scope))
  if (beyond.length > 0) throw new UserError('forbidden', `${what}: you do not have ${beyond.join(', ')} yourself.`)
}

const FRESH_MS = 15 * 60_000

/** Throws `reauthentication_required`. Times are in milliseconds. */
export function assertFresh(signedInAt: number, at: number): void {
  if (at - signedInAt < FRESH_MS) return
  throw new UserError(
    'reauthentication_required',
    `Expected a sign-in within the last ${FRESH_MS / 60_000} minutes: sign in again (POST /api/auth/sign-in/email), then repeat the request.`,
  )
}

export type Principal = {
  readonly actor: Actor
  readonly scopes: readonly Scope[]
  readonly role: Role | null
  readonly byCookie: boolean
  readonly signedInAt: number | null
  readonly cookies: readonly string[]
}
