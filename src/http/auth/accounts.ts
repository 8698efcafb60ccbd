/** People's accounts and sessions, kept by better-auth in tables of its own. There is no open sign-up. */

import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { fromNodeHeaders } from 'better-auth/node'
import { readRole } from '../../domain/access.ts'
import type { Actor } from '../../domain/actor.ts'
import { UserError } from '../../errors.ts'
import { checkAccountBody, VERIFY } from './account-bodies.ts'
import type { AccountRequest, Accounts, AccountsOptions } from './contract.ts'
import { type Library, openLibrary } from './library.ts'
import { assertPassword } from './passwords.ts'
import { createPeople } from './people.ts'
import { UNKNOWN } from './refusals.ts'
import { createSignInLimit } from './sign-in-limit.ts'
import { refusalOf, toWebRequest } from './web-request.ts'

/** A session ends then, however much it is used. */
const MAX_SESSION_MS = 30 * 24 * 3600 * 1000

const SIGN_IN = '/sign-in/email'
const ROUTES = new Set([
  `POST ${SIGN_IN}`,
  'POST /sign-out',
  'GET /get-session',
  'POST /change-password',
  'POST /update-user',
  'GET /list-sessions',
  'POST /revoke-session',
  'POST /revoke-sessions',
  'POST /revoke-other-sessions',
  'POST /two-factor/enable',
  'POST /two-factor/disable',
  'POST /two-factor/verify-totp',
  'POST /two-factor/verify-backup-code',
  'POST /two-factor/generate-backup-codes',
])

export async function createAccounts(options: AccountsOptions): Promise<Accounts> {
  const library = await openLibrary(options)
  const { auth, adapter, internalAdapter, passwords } = library
  const readSession = createSessionReader(library, options)
  return {
    exist: async () => (await adapter.count({ model: 'user' })) > 0,
    async create({ name, email: typed, password, role }, grant) {
      const email = typed.toLowerCase()
      assertPassword(password, email)
      const id = randomBytes(16).toString('hex')
      const passwordHash = await passwords.hash(password)
      await options.store.insertPerson({ id, name, email, role, passwordHash, createdAt: options.now() }, grant)
      const { headers } = await auth.api.signInEmail({ body: { email, password }, returnHeaders: true })
      return { actor: { type: 'person', id, name }, headers }
    },
    async findSession(headers, { prolong } = { prolong: true }) {
      const found = await readSession(headers, prolong)
      if (found === null) return null
      const { user, session, cookies } = found
      const { id, name } = user
      const signedInAt = session.createdAt.getTime()
      return { actor: { type: 'person', id, name }, role: readRole(user.role), signedInAt, cookies }
    },
    ...createPeople(internalAdapter, options.store),
    async resetPassword(tokenHash, password) {
      const { store, now } = options
      // Before the hash of the password, which costs a third of a second.
      const person = await store.findPasswordReset(tokenHash, now())
      if (person !== null) assertPassword(password, person.email)
      const isSet = person !== null && (await store.takePasswordReset(tokenHash, await passwords.hash(password), now()))
      if (isSet) return { type: 'person', id: person.id, name: person.name }
      throw new UserError('not_found', 'This link was used, was replaced or is older than an hour: ask for a new one.')
    },
    handle: createHandle(library, options, readSession),
  }
}

type ReadSession = ReturnType<typeof createSessionReader>

/** Returns null for a session that is too old, too; its row is deleted. */
function createSessionReader({ auth, internalAdapter }: Library, { now }: AccountsOptions) {
  return async (headers: IncomingHttpHeaders, prolong: boolean) => {
    const { response, headers: answered } = await auth.api.getSession({
      headers: fromNodeHeaders(headers),
      query: { disableRefresh: !prolong },
      returnHeaders: true,
    })
    if (response === null) return null
    const { session, user } = response
    if (now() - session.createdAt.getTime() < MAX_SESSION_MS) return { session, user, cookies: answered.getSetCookie() }
    await internalAdapter.deleteSession(session.token)
    return null
  }
}

function createHandle({ auth, internalAdapter }: Library, options: AccountsOptions, readSession: ReadSession) {
  const limit = createSignInLimit(options)
  return async (request: AccountRequest): Promise<Response> => {
    const { method, path, headers, body } = request
    if (!ROUTES.has(`${method} ${path}`)) throw new UserError('not_found', 'There is nothing at this address.')
    checkAccountBody(path, body)
    const before = headers.cookie === undefined ? null : await readSession(headers, false)
    if (path === '/change-password') assertPassword(textOf(body, 'newPassword'), before?.user.email ?? '')
    const attempt = path === SIGN_IN ? await limit.take(textOf(body, 'email'), headers) : null
    const response = await auth.handler(toWebRequest(request, options.publicUrl))
    if (path === SIGN_IN || (VERIFY.test(path) && before === null)) await auditSignIn(options, request, response)
    if (response.status === 429) await attempt?.returned()
    if (response.status >= 400) throw await refusalOf(response)
    if (attempt !== null) {
      response.headers.append('Set-Cookie', await attempt.succeeded())
      // A person who signs in again, to confirm who they are, goes on with one session.
      if (before !== null) await internalAdapter.deleteSession(before.session.token)
    }
    return response
  }
}

/** A text field of a body; empty when there is none. */
function textOf(body: unknown, field: string): string {
  const value =
    typeof body === 'object' && body !== null ? Object.entries(body).find(([name]) => name === field) : undefined
  return typeof value?.[1] === 'string' ? value[1] : ''
}

async function auditSignIn(
  { store, now, log, noteRefusal }: AccountsOptions,
  { path, body, address }: AccountRequest,
  response: Response,
): Promise<void> {
  if (response.status === 429) return
  const isOk = response.status < 400
  const answer: unknown = isOk ? await response.clone().json() : null
  // The password was right, and a code is still to come.
  if (typeof answer === 'object' && answer !== null && 'twoFactorRedirect' in answer) return
  const user = typeof answer === 'object' && answer !== null && 'user' in answer ? answer.user : null
  const email = path === SIGN_IN ? textOf(body, 'email') : textOf(user, 'email')
  const name = email.slice(0, 320).replaceAll('\0', '').toWellFormed()
  const by: Actor = name === '' ? UNKNOWN : { type: 'person', id: '', name }
  const entry = { by, workflowId: null, detail: address }
  if (!isOk) return await noteRefusal({ ...entry, action: 'session.refuse' })
  try {
    await store.audit({ ...entry, at: now(), action: 'session.create' })
  } catch (error) {
    log.error({ err: error }, 'a sign-in could not be written to the audit log')
  }
}
