/** People's accounts and sessions, kept by better-auth in tables of its own. Nobody can sign up by himself. */

import { randomBytes } from 'node:crypto'
import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { fromNodeHeaders } from 'better-auth/node'
import { readRole } from '../../domain/access.ts'
import type { Actor } from '../../domain/actor.ts'
import { type ErrorCode, UserError } from '../../errors.ts'
import { checkAccountBody } from './account-bodies.ts'
import { type AccountRequest, type Accounts, type AccountsOptions, cookiePrefixOf } from './contract.ts'
import { createPeople } from './people.ts'

/** Set by us from the socket, whatever the client sent: rate limits must not believe in headers. */
const CLIENT_ADDRESS = 'x-workflows-client-address'

const MIGRATION_ATTEMPTS = 5

const ROUTES = new Set([
  'POST /sign-in/email',
  'POST /sign-out',
  'GET /get-session',
  'POST /change-password',
  'POST /update-user',
  'GET /list-sessions',
  'POST /revoke-session',
  'POST /revoke-sessions',
  'POST /revoke-other-sessions',
])

export async function createAccounts(options: AccountsOptions): Promise<Accounts> {
  const auth = betterAuth(settingsOf(options))
  await migrate(auth.options)
  const { adapter, internalAdapter, password: passwords } = await auth.$context
  // Before there were roles, the only account was the owner's.
  await adapter.updateMany({ model: 'user', where: [{ field: 'role', value: null }], update: { role: 'owner' } })

  return {
    exist: async () => (await adapter.count({ model: 'user' })) > 0,
    async create({ name, email: typed, password, role }, grant) {
      const email = typed.toLowerCase()
      const id = randomBytes(16).toString('hex')
      const passwordHash = await passwords.hash(password)
      await options.store.insertPerson({ id, name, email, role, passwordHash, createdAt: options.now() }, grant)
      const { headers } = await auth.api.signInEmail({ body: { email, password }, returnHeaders: true })
      return { actor: { type: 'person', id, name }, headers }
    },
    async findSession(nodeHeaders, { prolong } = { prolong: true }) {
      const { response, headers } = await auth.api.getSession({
        headers: fromNodeHeaders(nodeHeaders),
        query: { disableRefresh: !prolong },
        returnHeaders: true,
      })
      if (response === null) return null
      const { id, name, role } = response.user
      return { actor: { type: 'person', id, name }, role: readRole(role), cookies: headers.getSetCookie() }
    },
    ...createPeople(internalAdapter, options.store),
    async resetPassword(tokenHash, password) {
      const { store, now } = options
      // Before the hash of the password, which costs a third of a second.
      const person = await store.findPasswordReset(tokenHash, now())
      const isSet = person !== null && (await store.takePasswordReset(tokenHash, await passwords.hash(password), now()))
      if (isSet) return { type: 'person', id: person.id, name: person.name }
      throw new UserError('not_found', 'This link was used, was replaced or is older than an hour: ask for a new one.')
    },
    async handle(request) {
      if (!ROUTES.has(`${request.method} ${request.path}`))
        throw new UserError('not_found', 'There is nothing at this address.')
      checkAccountBody(request.path, request.body)
      const response = await auth.handler(toWebRequest(request, options.publicUrl))
      await auditSignIn(options, request, response)
      if (response.status >= 400) throw await refusalOf(response)
      return response
    },
  }
}

/** Of servers that start at once on a new database one makes the tables; the others meet them and look again. */
async function migrate(options: BetterAuthOptions): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { runMigrations } = await getMigrations(options)
      return await runMigrations()
    } catch (error) {
      if (attempt === MIGRATION_ATTEMPTS) throw error
      await new Promise((resolve) => setTimeout(resolve, 100 * attempt))
    }
  }
}

function settingsOf({ secret, database, publicUrl, log }: AccountsOptions) {
  return {
    appName: 'Workflows',
    secret,
    database: { db: database.db, type: database.type },
    basePath: '/api/auth',
    ...(publicUrl === null ? {} : { baseURL: publicUrl }),
    // The check is "the page that sends it is the app's own": same host as the one that it was sent to.
    trustedOrigins: (request?: Request) => {
      const host = request === undefined ? null : new URL(request.url).host
      return host === null ? [] : [`http://${host}`, `https://${host}`]
    },
    // `input: false`: nobody can send it along with his name.
    user: { additionalFields: { role: { type: 'string' as const, required: false, input: false } } },
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength: 8, maxPasswordLength: 128 },
    rateLimit: { enabled: true, storage: 'database' as const },
    advanced: {
      cookiePrefix: cookiePrefixOf(publicUrl),
      // It would only put `__Secure-` before the name.
      useSecureCookies: false,
      defaultCookieAttributes: { secure: publicUrl?.startsWith('https:') ?? false },
      // Other sites, and pages on other ports of this host, never send the session. The app reads it by fetch, so links work.
      cookies: { session_token: { attributes: { sameSite: 'strict' as const } } },
      ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS] },
      // Both are on by themselves outside tests; said here because the library reads the environment for it.
      disableCSRFCheck: false,
      disableOriginCheck: false,
    },
    telemetry: { enabled: false },
    logger: {
      log: (level: 'debug' | 'info' | 'warn' | 'error', message: string) => {
        // A refused sign-in is not an error of ours, and its details may hold what a person typed.
        log.debug({ level }, `accounts: ${message}`)
      },
    },
  }
}

/** Headers that say who asks are our own; a changed password ends all other sessions. */
function toWebRequest({ method, path, headers, address, body }: AccountRequest, publicUrl: string | null): Request {
  const scheme = publicUrl?.startsWith('https:') ? 'https' : 'http'
  const url = `${scheme}://${headers.host || 'localhost'}/api/auth${path}`
  if (!URL.canParse(url) || new URL(url).pathname !== `/api/auth${path}`) {
    throw new UserError('bad_request', `Expected a host in the header Host, found ${JSON.stringify(headers.host)}.`)
  }
  const webHeaders = fromNodeHeaders(headers)
  webHeaders.set(CLIENT_ADDRESS, address)
  for (const name of [
    'content-length',
    'transfer-encoding',
    'connection',
    'expect',
    'x-forwarded-host',
    'x-forwarded-proto',
  ]) {
    webHeaders.delete(name)
  }
  if (method === 'GET') return new Request(url, { method, headers: webHeaders })
  const content =
    path === '/change-password' && typeof body === 'object' ? { ...body, revokeOtherSessions: true } : (body ?? {})
  webHeaders.set('content-type', 'application/json')
  return new Request(url, { method, headers: webHeaders, body: JSON.stringify(content) })
}

async function auditSignIn(
  { store, now, log, noteRefusal }: AccountsOptions,
  request: AccountRequest,
  response: Response,
): Promise<void> {
  if (request.path !== '/sign-in/email' || response.status === 429) return
  const email =
    typeof request.body === 'object' && request.body !== null && 'email' in request.body
      ? String(request.body.email)
      : ''
  const name = email.slice(0, 320).replaceAll('\0', '').toWellFormed()
  const by: Actor = { type: 'person', id: '', name }
  const entry = { by, workflowId: null, detail: request.address }
  if (response.status >= 400) return await noteRefusal({ ...entry, action: 'session.refuse' })
  try {
    await store.audit({ ...entry, at: now(), action: 'session.create' })
  } catch (error) {
    log.error({ err: error }, 'a sign-in could not be written to the audit log')
  }
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  429: 'too_many_requests',
}

async function refusalOf(response: Response): Promise<UserError> {
  const parsed: unknown = await response.json().catch(() => null)
  const message =
    typeof parsed === 'object' && parsed !== null && 'message' in parsed
      ? String(parsed.message)
      : 'The request was refused.'
  if (response.status >= 500) throw new Error(`better-auth answered ${response.status}: ${message}`)
  const retry = Number(response.headers.get('x-retry-after') ?? Number.NaN)
  return new UserError(
    CODES[response.status] ?? 'bad_request',
    message,
    Number.isNaN(retry) ? {} : { retryAfterSeconds: retry },
  )
}
