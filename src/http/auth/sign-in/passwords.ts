import { dictionary } from '@zxcvbn-ts/language-common'
import { UserError } from '../../../errors.ts'

export const MIN_PASSWORD = 8
export const MAX_PASSWORD = 128

const COMMON: ReadonlySet<string> = new Set(dictionary['passwords-common'].filter((one) => one.length >= MIN_PASSWORD))

export function assertPassword(password: string, email: string): void {
  const lower = password.toLowerCase()
  const isOwn = email !== '' && [email.toLowerCase(), email.toLowerCase().split('@')[0]].includes(lower)
  if (!isOwn && !COMMON.has(lower)) return
  throw new UserError(
    'bad_request',
    `password: this one is ${isOwn ? 'your e-mail address' : 'among the most common ones'}, and is guessed first. Choose another, such as four random words.`,
  )
}
