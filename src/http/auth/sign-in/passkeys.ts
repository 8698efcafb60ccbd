import { getAuthenticatorName, passkey } from '@better-auth/passkey'
import { decodeAttestationObject, isoBase64URL } from '@simplewebauthn/server/helpers'
import { APIError } from 'better-auth/api'
import { parseLine } from '../../../domain/shared/control-characters.ts'
import { LIMITS } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import { lockPasskeys } from '../../../store/people/passkey-lock.ts'
import { parseText } from '../../wire/text.ts'
import type { Row, Transaction } from './recorded-writes.ts'

export const MAX_PASSKEYS = 20
export const PASSKEY_SIGN_IN = '/passkey/verify-authentication'
export const PASSKEY_REGISTRATION = '/passkey/verify-registration'

export const PASSKEY_ROUTES = [
  'GET /passkey/generate-register-options',
  `POST ${PASSKEY_REGISTRATION}`,
  'GET /passkey/generate-authenticate-options',
  `POST ${PASSKEY_SIGN_IN}`,
  'GET /passkey/list-user-passkeys',
  'POST /passkey/update-passkey',
  'POST /passkey/delete-passkey',
] as const

/** The standard's limit is 1,023 bytes. */
const CREDENTIAL_ID = /^[\w-]{1,1364}$/
const TRANSPORT = /^[a-z-]{1,20}$/
const MAX_TRANSPORTS = 10

/**
 * Bound to the public URL's host or `localhost`: browsers create none for an IP address or for another host without
 * HTTPS.
 */
export function passkeysFor(publicUrl: string | null) {
  return passkey({
    rpID: publicUrl === null ? 'localhost' : new URL(publicUrl).hostname,
    rpName: 'Workflows',
    origin: publicUrl === null ? null : new URL(publicUrl).origin,
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    registration: {
      async afterVerification({ verification: { registrationInfo } }) {
        if (registrationInfo?.userVerified !== true) throw unverified()
        return { name: getAuthenticatorName(registrationInfo.aaguid) ?? 'Passkey' }
      },
    },
    authentication: {
      async afterVerification({ verification }) {
        if (!verification.authenticationInfo.userVerified) throw unverified()
      },
    },
  })
}

/**
 * Throws for too many passkeys, or if another person has the id. A sign-in uses the id, and without an attestation,
 * anyone can register any id.
 */
export async function assertKept({ userId, credentialID }: Row, { adapter, db }: Transaction): Promise<void> {
  await lockPasskeys(db)
  const count = (field: string, value: unknown) =>
    adapter.count({ model: 'passkey', where: [{ field, value: String(value) }] })
  if ((await count('credentialID', credentialID)) > 1) throw registered()
  if ((await count('userId', userId)) > MAX_PASSKEYS)
    throw new APIError('CONFLICT', { message: `There are ${MAX_PASSKEYS} passkeys already: remove one first.` })
}

/** A passkey replaces password and code, so a found device must not suffice. */
const unverified = () =>
  new APIError('BAD_REQUEST', {
    message:
      'Expected a device that checks its owner by a PIN, a fingerprint or a face, found one that did not: set up such a check on it, or choose another device.',
  })

const registered = () => new APIError('BAD_REQUEST', { message: 'This passkey is registered already.' })

/** The library would pass these values unchecked to the database, or call other hosts. */
export function checkPasskeyBody(path: string, body: unknown): void {
  if (path === PASSKEY_SIGN_IN) credentialOf(body, ['response'])
  if (path === PASSKEY_REGISTRATION) checkRegistration(body)
  if (path === '/passkey/update-passkey') parseName(fieldsOf(body, ['id', 'name']).name)
  if (path === '/passkey/update-passkey' || path === '/passkey/delete-passkey') {
    parseText('id', String(fieldsOf(body, ['id', 'name']).id))
  }
}

function checkRegistration(body: unknown): void {
  const { response } = credentialOf(body, ['response', 'name'])
  const { name } = fieldsOf(body, ['response', 'name'])
  if (name !== undefined) parseName(name)
  const { transports = [], attestationObject } = response
  const isList = Array.isArray(transports) && transports.length <= MAX_TRANSPORTS
  if (!isList || !transports.every((one) => typeof one === 'string' && TRANSPORT.test(one))) {
    throw malformed(`response.response.transports: a list of at most ${MAX_TRANSPORTS} names`)
  }
  if (typeof attestationObject !== 'string' || isAttested(attestationObject)) {
    throw malformed('response.response.attestationObject without an attestation')
  }
}

/** The library would query the revocation host that a certificate names. */
function isAttested(attestationObject: string): boolean {
  try {
    const decoded = decodeAttestationObject(isoBase64URL.toBuffer(attestationObject))
    const format = decoded.get('fmt')
    return format !== 'none' && (format !== 'packed' || decoded.get('attStmt').get('x5c') !== undefined)
  } catch {
    return true
  }
}

function parseName(name: unknown): void {
  const isName = typeof name === 'string' && name.trim() !== '' && name.length <= LIMITS.nameLength
  if (!isName) throw malformed(`name: a text of 1 to ${LIMITS.nameLength} characters`)
  parseLine('name', name)
}

function credentialOf(body: unknown, allowed: readonly string[]): { response: Record<string, unknown> } {
  const { response: credential } = fieldsOf(body, allowed)
  const { id, response } = asObject('response', credential)
  if (typeof id !== 'string' || !CREDENTIAL_ID.test(id)) throw malformed('response.id: an id in base64url')
  return { response: asObject('response.response', response) }
}

function fieldsOf(body: unknown, allowed: readonly string[]): Record<string, unknown> {
  const fields = asObject('body', body)
  const unknown = Object.keys(fields).find((name) => !allowed.includes(name))
  if (unknown !== undefined) throw malformed(`${allowed.join(' and ')} only, found ${JSON.stringify(unknown)}`)
  return fields
}

function asObject(name: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(`${name}: an object`)
  return { ...value }
}

const malformed = (expected: string): UserError => new UserError('bad_request', `Expected ${expected}.`)
