import type { IncomingHttpHeaders } from 'node:http'
import type { Logger } from 'pino'
import type { OidcConfig } from '../../config/oidc.ts'
import type { Role } from '../../domain/access.ts'
import type { Actor } from '../../domain/actor.ts'
import type { AuthDatabase } from '../../store/database/database.ts'
import type { Grant } from '../../store/people/people.ts'
import type { Store } from '../../store/store.ts'
import type { Refusals } from './refusals.ts'

/** Part of the name of every cookie of the app. */
export const COOKIE_PREFIX = 'workflows'

/**
 * The prefix of cookie names. With https, `__Host-`: browsers then accept the cookie only from this host itself, so that
 * no sibling host, such as one that serves hooks, can set it.
 */
export const cookiePrefixOf = (publicUrl: string | null): string =>
  publicUrl?.startsWith('https:') ? `__Host-${COOKIE_PREFIX}` : COOKIE_PREFIX

export type AccountRequest = {
  readonly method: string
  /** Below /api/auth, such as `/sign-in/email`. */
  readonly path: string
  /** With the question mark; empty or left out: none. */
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

/** `prolong` (true): whether looking counts as using it, which puts off its end. */
export type SessionOptions = { readonly prolong: boolean }

type Session = {
  readonly actor: Actor
  readonly role: Role | null
  /** When the person last proved who it is, in milliseconds. */
  readonly signedInAt: number
  readonly cookies: readonly string[]
}

export type Accounts = {
  /** Whether there is an account at all. */
  exist(): Promise<boolean>
  /** Makes the account and signs it in. Throws `conflict` when the e-mail has one already, or the grant is used up. */
  create(account: NewAccount, grant: Grant): Promise<{ actor: Actor; headers: Headers }>
  findSession(headers: IncomingHttpHeaders, options?: SessionOptions): Promise<Session | null>
  /** Oldest first. */
  list(): Promise<readonly Person[]>
  /** Throws `not_found`. */
  find(id: string): Promise<Person>
  /** Sets the password by a link from the command line, and ends the person's sessions. Throws `not_found`. */
  resetPassword(tokenHash: string, password: string): Promise<void>
  /** Answers a request; throws a UserError where better-auth refuses. */
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
