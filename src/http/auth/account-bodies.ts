/** What people may send to better-auth: it takes texts that a database does not, and a name of any length. */

import { LIMITS } from '../../domain/workflow.ts'
import { parseLine } from '../../domain/workflows/control-characters.ts'
import { UserError } from '../../errors.ts'
import { parseText } from '../wire/text.ts'
import { checkPasskeyBody } from './sign-in/passkeys.ts'

/** Throws `bad_request` for what can't be kept. Passwords are hashed, so any text will do. */
export function checkAccountBody(path: string, body: unknown): void {
  if (path === '/update-user') checkNewName(body)
  if (VERIFY.test(path)) assertOnlyCode(body)
  checkPasskeyBody(path, body)
  if (typeof body !== 'object' || body === null) return
  for (const [field, value] of Object.entries(body)) {
    if (typeof value === 'string' && !/password/i.test(field)) parseText(field, value)
  }
}

/** The second step of a sign-in, by a code of an app or a recovery code. */
export const VERIFY = /^\/two-factor\/verify-/

/** The library would also exempt a device from further codes, which we do not offer. */
function assertOnlyCode(body: unknown): void {
  const names = typeof body === 'object' && body !== null ? Object.keys(body) : []
  if (names.join() !== 'code') throw new UserError('bad_request', 'Expected a code and nothing else.')
}

function checkNewName(body: unknown): void {
  const fields = typeof body === 'object' && body !== null ? body : {}
  const name = 'name' in fields ? fields.name : undefined
  const isName = typeof name === 'string' && name.trim() !== '' && name.length <= LIMITS.nameLength
  if (!isName || Object.keys(fields).length > 1) {
    throw new UserError('bad_request', `Expected a name of 1 to ${LIMITS.nameLength} characters and nothing else.`)
  }
  parseLine('name', name)
}
