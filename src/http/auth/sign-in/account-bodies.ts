/** better-auth accepts invalid text and names of any length. */

import { parseLine } from '../../../domain/shared/control-characters.ts'
import { LIMITS } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import { parseText } from '../../wire/text.ts'
import { checkPasskeyBody } from './passkeys.ts'

/** Passwords are hashed, so any text is valid. */
export function checkAccountBody(path: string, body: unknown): void {
  if (path === '/update-user') checkNewName(body)
  if (VERIFY.test(path)) assertOnlyCode(body)
  checkPasskeyBody(path, body)
  if (typeof body !== 'object' || body === null) return
  for (const [field, value] of Object.entries(body)) {
    if (typeof value === 'string' && !/password/i.test(field)) parseText(field, value)
  }
}

export const VERIFY = /^\/two-factor\/verify-/

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
