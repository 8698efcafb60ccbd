import { createHash, randomBytes } from 'node:crypto'
import { parseConfig, readEnvironment } from '../config.ts'
import { boundUrl } from '../http/wire/urls.ts'
import { issuePasswordReset } from '../store/people/password-resets.ts'
import { print } from './print.ts'

export async function resetPassword(typed: string): Promise<void> {
  const { database, server } = parseConfig(readEnvironment())
  const email = typed.trim().toLowerCase()
  const token = randomBytes(32).toString('base64url')
  const hash = createHash('sha256').update(token).digest('hex')
  await issuePasswordReset(database, { email, hash, now: Date.now() })
  print(`Send this link to ${email} only. It works once, within an hour, and ends all sessions:`)
  print(`${server.publicUrl ?? boundUrl(server.host, server.port)}/reset#token=${token}`)
}
