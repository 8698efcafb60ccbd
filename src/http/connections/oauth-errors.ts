/** Providers repeat what they were sent, and answer any characters. */

import * as oauth from 'oauth4webapi'
import { OAuthError } from '../../domain/connections/connection.ts'
import { createRedactor } from '../../domain/secrets/redact.ts'

const MAX_DETAIL = 300

/** The sign-in is over. The last three are names of Slack and Zoho. */
const LOST = new Set(['invalid_grant', 'invalid_refresh_token', 'token_revoked', 'invalid_code'])

type Secrets = readonly (string | null | undefined)[]

/** Throws OAuthError, without `secrets`. */
export async function reported<T>(secrets: Secrets, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { problem, message, cause } = toOAuthError(error)
    throw new OAuthError(problem, shownOf(secrets, message), cause)
  }
}

export function shownOf(secrets: Secrets, text: string): string {
  const redact = createRedactor(secrets.flatMap((secret) => (secret == null ? [] : [JSON.stringify(secret)])))
  return lineOf(redact(text), MAX_DETAIL)
}

/** PostgreSQL stores neither U+0000 nor lone surrogates. */
export const lineOf = (text: string, length: number): string =>
  text
    .replace(/\p{Cc}/gu, ' ')
    .slice(0, length)
    .toWellFormed()

function toOAuthError(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error
  if (error instanceof oauth.ResponseBodyError) {
    const said = [error.error, error.error_description].filter(Boolean).join(': ')
    return new OAuthError(LOST.has(error.error) ? 'lost' : 'refused', `The provider refused: ${said}`)
  }
  if (error instanceof oauth.AuthorizationResponseError)
    return new OAuthError('refused', `The provider refused the sign-in: ${error.error}`)
  if (wasNotSent(error)) return new OAuthError('refused', unreachable(error), error)
  if (!(error instanceof oauth.OperationProcessingError)) return new OAuthError('unclear', unreachable(error), error)
  if (error.cause instanceof Response && !error.cause.ok)
    return new OAuthError('refused', `The provider answered ${error.cause.status}.`)
  // Its cause has a part of the answer.
  return new OAuthError('unclear', unreachable(error))
}

/** The provider received no token. */
function wasNotSent(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  const early = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'CERT_HAS_EXPIRED']
  return early.includes(String(code)) || String(message).startsWith('blocked: ')
}

export const unreachable = (error: unknown): string =>
  `The provider could not be reached: ${error instanceof Error ? error.message : String(error)}`
