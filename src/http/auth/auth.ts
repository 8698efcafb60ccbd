import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Logger } from 'pino'
import type { Config } from '../../config.ts'
import { SCOPES, SCOPES_OF_ROLE, type Scope } from '../../domain/shared/access.ts'
import { type Actor, CONFIGURED_KEY } from '../../domain/shared/actor.ts'
import { UserError } from '../../errors.ts'
import type { AuthDatabase } from '../../store/database/database.ts'
import { accountsSecretOf } from '../../store/secrets/accounts-secret.ts'
import type { Store } from '../../store/store.ts'
import { createAccountsOnDemand } from './accounts-on-demand.ts'
import { hashKey } from './hash-key.ts'
import { type Accounts, COOKIE_PREFIX, type NewAccount, type SessionOptions } from './shared/contract.ts'
import type { Principal } from './shared/principal.ts'
import { createRefusals, type Refusals } from './shared/refusals.ts'

type NewOwner = Omit<NewAccount, 'role'> & { readonly token: string }

export type Auth = {
  authenticate(headers: IncomingHttpHeaders, options?: SessionOptions): Promise<Principal | null>
  createOwner(owner: NewOwner): Promise<{ actor: Actor; headers: Headers }>
  handleAccount: Accounts['handle']
  readonly people: Pick<Accounts, 'list' | 'create' | 'find' | 'resetPassword'>
  /** Another server may have created the first account. */
  isSetupNeeded(): Promise<boolean>
  setupUrl(boundUrl: string): string | null
  holdsOwnKey(text: string): boolean
  noteRefusal: Refusals['note']
  close(): Promise<void>
}

export type AuthOptions = {
  readonly config: Pick<Config, 'server' | 'access' | 'oidc'>
  readonly secretKey: Buffer
  readonly database: AuthDatabase
  readonly store: Store
  readonly log: Logger
  readonly now: () => number
}

const CREATED_KEY = /(?<![0-9A-Za-z])wf_[0-9A-Za-z_-]{43}(?![0-9A-Za-z_-])/
/** Other texts may contain a shorter configured key. */
const FOUND_INSIDE = 16

export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { config, secretKey, database, store, log, now } = options
  const secret = accountsSecretOf(secretKey)
  const refusals = createRefusals({
    write: (entry) => store.together((tx) => tx.audit.add(entry)),
    now,
    onError: (error) => log.error({ err: error }, 'a refusal could not be written to the audit log'),
  })
  const { oidc } = config
  const { publicUrl } = config.server
  const { apiKey } = config.access
  const noteRefusal = refusals.note
  const accounts = createAccountsOnDemand({ secret, database, publicUrl, oidc, store, log, now, noteRefusal })
  const configured = apiKey === null ? null : digest(apiKey)
  const isConfigured = (text: string) =>
    configured !== null && text.length === apiKey?.length && timingSafeEqual(digest(text), configured)
  const setup = createSetup(accounts, await accounts.exist(), setupTokenOf(secretKey))
  return {
    async authenticate(headers, options) {
      const { authorization } = headers
      if (authorization !== undefined) {
        const key = await findKey(store, configured, authorization)
        return key && { ...key, role: null, byCookie: false, signedInAt: null, cookies: [] }
      }
      if (!headers.cookie?.includes(COOKIE_PREFIX)) return null
      const session = await accounts.findSession(headers, options)
      return (
        session && { ...session, scopes: session.role === null ? [] : SCOPES_OF_ROLE[session.role], byCookie: true }
      )
    },
    createOwner: setup.createOwner,
    handleAccount: accounts.handle,
    people: accounts,
    isSetupNeeded: setup.look,
    setupUrl: (boundUrl) => (setup.needed ? `${publicUrl ?? boundUrl}/setup#token=${setup.token}` : null),
    holdsOwnKey: (text) =>
      CREATED_KEY.test(text) ||
      isConfigured(text.replace(/^\s*bearer +/i, '').trim()) ||
      (apiKey !== null && apiKey.length >= FOUND_INSIDE && text.includes(apiKey)),
    noteRefusal: refusals.note,
    async close() {
      await refusals.close()
      await database.close()
    },
  }
}

async function findKey(
  store: Store,
  configured: Buffer | null,
  authorization: string,
): Promise<{ actor: Actor; scopes: readonly Scope[] } | null> {
  const key = /^Bearer +(\S{1,1000})$/i.exec(authorization)?.[1]
  if (key === undefined) return null
  if (configured !== null && timingSafeEqual(digest(key), configured)) {
    return { actor: CONFIGURED_KEY, scopes: SCOPES }
  }
  // The duration depends on the hash and reveals nothing about the key.
  const found = key.startsWith('wf_') ? await store.people.findApiKey(hashKey(key)) : null
  return found && { actor: { type: 'api_key', id: found.id, name: found.name }, scopes: found.scopes }
}

/** A proxy may send the link to any server. */
const setupTokenOf = (secretKey: Buffer): string =>
  createHmac('sha256', secretKey).update('setup-link').digest().subarray(0, 24).toString('base64url')

function createSetup(accounts: Accounts, done: boolean, token: string) {
  let needed = !done

  const look = async () => {
    needed = needed && !(await accounts.exist())
    return needed
  }
  const createOwner = async (owner: NewOwner) => {
    if (!(await look())) throw new UserError('conflict', 'There is an owner already: sign in.')
    if (!timingSafeEqual(digest(owner.token), digest(token))) {
      throw new UserError('forbidden', 'The token is not the one that the server printed at its start.')
    }
    const { name, email, password } = owner
    const created = await accounts.create({ name, email, password, role: 'owner' }, 'first')
    needed = false
    return created
  }
  return {
    token,
    look,
    get needed() {
      return needed
    },
    createOwner,
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
