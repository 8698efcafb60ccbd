/** Who sends a request: a person by the session cookie of better-auth, or a program by an API key of our own. */

import { createHash, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { Actor } from '../domain/settings.ts'
import { UserError } from '../errors.ts'
import type { AuthDatabase } from '../store/database.ts'
import type { Store } from '../store/store.ts'
import { type Accounts, COOKIE_PREFIX, createAccounts } from './accounts.ts'
import { hashKey } from './api/keys.ts'

/** `cookies`: Set-Cookie headers that prolong a person's session. */
export type Authenticated = { readonly actor: Actor; readonly byCookie: boolean; readonly cookies: readonly string[] }
export type NewOwner = {
  readonly token: string
  readonly name: string
  readonly email: string
  readonly password: string
}

export type Auth = {
  /** Null when nobody that we know sent it. */
  authenticate(headers: IncomingHttpHeaders): Promise<Authenticated | null>
  /** Makes the first account. Throws `forbidden` for a wrong token, `conflict` when there is an owner already. */
  createOwner(owner: NewOwner): Promise<{ actor: Actor; headers: Headers }>
  /** The routes below /api/auth/: sign in, sign out, sessions, password. */
  handleAccount: Accounts['handle']
  readonly setupNeeded: boolean
  /** Where the owner's account is made, with the one-time token; null when there is one. */
  setupUrl(boundUrl: string): string | null
  close(): Promise<void>
}

export type AuthOptions = {
  readonly config: Pick<Config, 'publicUrl' | 'apiKey'>
  readonly secretKey: Buffer
  readonly database: AuthDatabase
  readonly store: Store
  readonly log: Logger
  readonly now: () => number
}

const CONFIGURED_KEY: Actor = { type: 'api_key', id: 'key_configured', name: 'WORKFLOWS_API_KEY' }

export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { config, secretKey, database, store, log, now } = options
  const secret = Buffer.from(hkdfSync('sha256', secretKey, '', 'workflows accounts', 32)).toString('base64url')
  const accounts = await createAccounts({ secret, database, publicUrl: config.publicUrl, store, log, now })
  const configured = config.apiKey === null ? null : digest(config.apiKey)
  const setup = createSetup(accounts, await accounts.exist())
  return {
    async authenticate(headers) {
      const { authorization } = headers
      if (authorization !== undefined) {
        const actor = await actorOfKey(store, configured, authorization)
        return actor && { actor, byCookie: false, cookies: [] }
      }
      if (!headers.cookie?.includes(COOKIE_PREFIX)) return null
      const session = await accounts.findSession(headers)
      return session && { ...session, byCookie: true }
    },
    createOwner: setup.createOwner,
    handleAccount: accounts.handle,
    get setupNeeded() {
      return setup.needed
    },
    setupUrl: (boundUrl) => (setup.needed ? `${config.publicUrl ?? boundUrl}/setup?token=${setup.token}` : null),
    close: () => database.close(),
  }
}

async function actorOfKey(store: Store, configured: Buffer | null, authorization: string): Promise<Actor | null> {
  const key = /^Bearer +(\S{1,1000})$/i.exec(authorization)?.[1]
  if (key === undefined) return null
  if (configured !== null && timingSafeEqual(digest(key), configured)) return CONFIGURED_KEY
  // Looking a hash up tells nothing of the key, however long it takes.
  const found = key.startsWith('wf_') ? await store.findApiKey(hashKey(key)) : null
  return found === null || found.revokedAt !== null ? null : { type: 'api_key', id: found.id, name: found.name }
}

/** The first account needs the token that only the server's own output shows. */
function createSetup(accounts: Accounts, done: boolean) {
  const token = randomBytes(24).toString('base64url')
  let needed = !done
  let last: Promise<unknown> = Promise.resolve()

  const create = async (owner: NewOwner) => {
    needed = needed && !(await accounts.exist())
    if (!needed) throw new UserError('conflict', 'There is an owner already: sign in.')
    if (!timingSafeEqual(digest(owner.token), digest(token))) {
      throw new UserError('forbidden', 'The token is not the one that the server printed at its start.')
    }
    const created = await accounts.create(owner)
    needed = false
    return created
  }
  return {
    token,
    get needed() {
      return needed
    },
    /** One after the other: of two at once, the second finds an owner. */
    createOwner(owner: NewOwner) {
      const created = last.then(() => create(owner))
      last = created.catch(() => {})
      return created
    },
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
