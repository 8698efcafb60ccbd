/** Sign-up is closed. */

import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { fromNodeHeaders } from 'better-auth/node'
import { isObject } from '../../../domain/json/is-object.ts'
import { readRole } from '../../../domain/shared/access.ts'
import { type Actor, UNKNOWN } from '../../../domain/shared/actor.ts'
import { UserError } from '../../../errors.ts'
import type { AccountRequest, Accounts, AccountsOptions } from '../shared/contract.ts'
import { createPeople } from '../shared/people.ts'
import { assertFresh } from '../shared/principal.ts'
import { checkAccountBody, VERIFY } from './account-bodies.ts'
import { CHANGES, signInOf } from './account-lines.ts'
import { type Library, openLibrary } from './library.ts'
import { createOidcFlow } from './oidc-flow.ts'
import { PASSKEY_REGISTRATION, PASSKEY_ROUTES, PASSKEY_SIGN_IN } from './passkeys.ts'
import { assertPassword } from './passwords.ts'
import { endPending, findPending, withOnePending, withoutPending } from './pending-sign-in.ts'
import type { RecordedWrite } from './recorded-writes.ts'
import { readPassword } from './same-password.ts'
import { END_SESSION, hideTokens, withToken } from './session-ids.ts'
import { createSignInLimit, type SignInLimit } from './sign-in-limit.ts'
import { refusalOf, toWebRequest } from './web-request.ts'

const MAX_SESSION_MS = 30 * 24 * 3600 * 1000

const SIGN_IN = '/sign-in/email'
const VERIFY_TOTP = '/two-factor/verify-totp'
const ROUTES = new Set([
  `POST ${SIGN_IN}`,
  'POST /sign-out',
  'GET /get-session',
  'POST /change-password',
  'POST /update-user',
  'GET /list-accounts',
  'GET /list-sessions',
  `POST ${END_SESSION}`,
  'POST /revoke-sessions',
  'POST /revoke-other-sessions',
  'POST /two-factor/enable',
  'POST /two-factor/disable',
  `POST ${VERIFY_TOTP}`,
  'POST /two-factor/verify-backup-code',
  'POST /two-factor/generate-backup-codes',
  ...PASSKEY_ROUTES,
])
const CONFIRMS = new Set([
  '/change-password',
  '/two-factor/enable',
  '/two-factor/disable',
  '/two-factor/generate-backup-codes',
])
/** A stolen session must not add or remove a sign-in method. */
const NEEDS_FRESH = new Set(['/passkey/generate-register-options', PASSKEY_REGISTRATION, '/passkey/delete-passkey'])

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
      const at = options.now()
      const actor: Actor = { type: 'person', id, name }
      const action = grant === 'first' ? 'owner.create' : 'invitation.accept'
      await options.store.together(async (tx) => {
        await tx.people.insert({ id, name, email, role, passwordHash, createdAt: at }, grant)
        await tx.audit.add({ at, by: actor, action, workflowId: null, detail: email })
      })
      const { headers } = await auth.api.signInEmail({ body: { email, password }, returnHeaders: true })
      return { actor, headers }
    },
    async findSession(headers, { prolong } = { prolong: true }) {
      const found = await readSession(headers, prolong)
      if (found === null) return null
      const { user, session, cookies } = found
      const { id, name } = user
      const signedInAt = session.createdAt.getTime()
      return { actor: { type: 'person', id, name }, role: readRole(user.role), signedInAt, cookies }
    },
    ...createPeople(internalAdapter),
    async resetPassword(tokenHash, password) {
      const { store, now } = options
      // Hashing takes a third of a second.
      const person = await store.people.findPasswordReset(tokenHash, now())
      if (person !== null) assertPassword(password, person.email)
      const passwordHash = person === null ? '' : await passwords.hash(password)
      await store.together(async (tx) => {
        if (person === null || !(await tx.people.takePasswordReset(tokenHash, passwordHash, now()))) {
          const reason = 'This link was used, was replaced or is older than an hour: ask for a new one.'
          throw new UserError('not_found', reason)
        }
        const by: Actor = { type: 'person', id: person.id, name: person.name }
        await tx.audit.add({ at: now(), by, action: 'password.reset', workflowId: null, detail: '' })
      })
    },
    handle: createHandle(library, options, readSession),
  }
}

type ReadSession = ReturnType<typeof createSessionReader>

function createSessionReader({ auth, internalAdapter }: Library, { now }: AccountsOptions) {
  const query = (headers: IncomingHttpHeaders, prolong: boolean) =>
    auth.api.getSession({
      headers: fromNodeHeaders(headers),
      query: { disableRefresh: !prolong },
      returnHeaders: true,
    })
  return async (headers: IncomingHttpHeaders, prolong: boolean) => {
    const { response, headers: answered } = await query(headers, prolong)
    if (response === null) return null
    const { session, user } = response
    if (now() - session.createdAt.getTime() < MAX_SESSION_MS) return { session, user, cookies: answered.getSetCookie() }
    await internalAdapter.deleteSession(session.token)
    return null
  }
}

function createHandle(library: Library, options: AccountsOptions, readSession: ReadSession) {
  const { auth, internalAdapter } = library
  const limit = createSignInLimit(options)
  const oidcFlow = createOidcFlow(library, options)
  return async (request: AccountRequest): Promise<Response> => {
    const { method, path, headers, body } = request
    const step = await oidcFlow(request)
    if (step !== null) return step
    if (!ROUTES.has(`${method} ${path}`)) throw new UserError('not_found', 'There is nothing at this address.')
    checkAccountBody(path, body)
    const before = headers.cookie === undefined ? null : await readSession(headers, false)
    if (path === '/change-password') assertPassword(textOf(body, 'newPassword'), before?.user.email ?? '')
    if (NEEDS_FRESH.has(path) && before !== null) assertFresh(before.session.createdAt.getTime(), options.now())
    const pending = before === null && VERIFY.test(path) ? await findPending(library, request) : null
    const attempt = await takeAttempt(limit, request, (before?.user ?? pending)?.email)
    const forwarded = await forwardedOf(library, request, before !== null)
    const signsIn = path === SIGN_IN || path === PASSKEY_SIGN_IN
    const opensSession = signsIn || (VERIFY.test(path) && before === null)
    const work = () => auth.handler(toWebRequest(forwarded, options.publicUrl))
    const response = opensSession
      ? await signIn(library, options, request, pending, work)
      : await change(library, options, request, before?.user ?? null, work)
    if (response.status === 429) await attempt?.returned()
    if (response.status >= 400) throw await refusalOf(response)
    if (path === '/change-password' && before !== null) await endPending(library, before.user.id)
    const device = await attempt?.succeeded()
    if (typeof device === 'string') response.headers.append('Set-Cookie', device)
    if (signsIn && before !== null) await internalAdapter.deleteSession(before.session.token)
    return await hideTokens(response)
  }
}

async function forwardedOf(library: Library, request: AccountRequest, isSignedIn: boolean): Promise<AccountRequest> {
  if (VERIFY.test(request.path)) return await (isSignedIn ? withoutPending : withOnePending)(library, request)
  if (!isSignedIn || request.path !== END_SESSION) return request
  return await withToken(library, request, textOf(request.body, 'token'))
}

/** Returns null for routes that check no password or code. */
async function takeAttempt(limit: SignInLimit, { path, headers, body }: AccountRequest, email: string | undefined) {
  if (path === SIGN_IN) return await limit.take(textOf(body, 'email'), headers)
  if (email === undefined) return null
  if (CONFIRMS.has(path)) return await limit.takeStep(email, 'confirmation')
  return VERIFY.test(path) ? await limit.takeStep(email, 'code') : null
}

function textOf(body: unknown, field: string): string {
  const value = isObject(body) && Object.hasOwn(body, field) ? body[field] : undefined
  return typeof value === 'string' ? value : ''
}

type Holder = { readonly id: string; readonly name: string }

async function signIn(
  library: Library,
  { now, noteRefusal }: AccountsOptions,
  { path, body, address }: AccountRequest,
  pending: Holder | null,
  work: () => Promise<Response>,
): Promise<Response> {
  const code = path === VERIFY_TOTP ? textOf(body, 'code') : null
  const password = await readPassword(library, proofOf(path, body, pending))
  const write = signInOf({ at: now(), address, isFirstStep: path === SIGN_IN, code, password })
  const { result: response } = await library.record(write, work)
  if (response.status < 400 || response.status === 429) return response
  const name = textOf(body, 'email').slice(0, 320).replaceAll('\0', '').toWellFormed()
  const typed: Actor = name === '' ? UNKNOWN : { type: 'person', id: '', name }
  const by: Actor = pending === null ? typed : { type: 'person', id: pending.id, name: pending.name }
  await noteRefusal({ by, action: 'session.refuse', workflowId: null, detail: address })
  return response
}

function proofOf(path: string, body: unknown, pending: Holder | null) {
  if (path === PASSKEY_SIGN_IN) return { passkey: textOf(isObject(body) ? body.response : null, 'id') }
  return pending === null ? { email: textOf(body, 'email') } : { userId: pending.id }
}

/** Also adds a line if the request changed nothing. */
async function change(
  { record }: Library,
  { store, now }: AccountsOptions,
  { path, address }: AccountRequest,
  person: Holder | null,
  work: () => Promise<Response>,
): Promise<Response> {
  const found = CHANGES[path]
  if (found === undefined || person === null) return await work()
  const { action, complete, ...where } = found
  const by: Actor = { type: 'person', id: person.id, name: person.name }
  const entry = { at: now(), by, action, workflowId: null, detail: address }
  const entryOf: RecordedWrite['entryOf'] = async (row, tx) => {
    await complete?.(row, tx)
    return entry
  }
  const { result, isFound } = await record({ ...where, entryOf }, work)
  if (result.ok && !isFound) await store.together((tx) => tx.audit.add(entry))
  return result
}
