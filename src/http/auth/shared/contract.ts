import type { IncomingHttpHeaders } from 'node:http'
import type { Logger } from 'pino'
import type { OidcConfig } from '../../../config/oidc.ts'
import type { Role } from '../../../domain/shared/access.ts'
import type { Actor } from '../../../domain/shared/actor.ts'
import type { AuthDatabase } from '../../../store/database/database.ts'
import type { Grant } from '../../../store/people/people.ts'
import type { Store } from '../../../store/store.ts'
import type { Refusals } from './refusals.ts'

export const COOKIE_PREFIX = 'workflows'

/** `__Host-` keeps sibling hosts, such as the hooks' host, from setting the cookies. */
export const cookiePrefixOf = (publicUrl: string | null): string =>
  publicUrl?.startsWith('https:') ? `__Host-${COOKIE_PREFIX}` : COOKIE_PREFIX

export type AccountRequest = {
  readonly method: string
  readonly path: string
  readonly query?: string
  readonly headers: IncomingHttpHeaders
  readonly address: string
  readonly body: unknown
}

export type NewAccount = {
  readonly name: string
  readonly email: string
  readonly password: string
  readonly role: Role
}

export type Person = {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly role: Role | null
  readonly createdAt: number
}

export type SessionOptions = { readonly prolong: boolean }

type Session = {
  readonly actor: Actor
  readonly role: Role | null
  readonly signedInAt: number
  readonly cookies: readonly string[]
}

export type Accounts = {
  exist(): Promise<boolean>
  /** Throws `conflict` for a known e-mail or a used grant. */
  create(account: NewAccount, grant: Grant): Promise<{ actor: Actor; headers: Headers }>
  findSession(headers: IncomingHttpHeaders, options?: SessionOptions): Promise<Session | null>
  list(): Promise<readonly Person[]>
  find(id: string): Promise<Person>
  /** Ends the person's sessions. Throws `not_found`. */
  resetPassword(tokenHash: string, password: string): Promise<void>
  handle(request: AccountRequest): Promise<Response>
}

export type AccountsOptions = {
  readonly secret: string
  readonly database: AuthDatabase
  readonly publicUrl: string | null
  readonly oidc: OidcConfig | null
  readonly store: Store
  readonly log: Logger
  readonly now: () => number
  readonly noteRefusal: Refusals['note']
}
