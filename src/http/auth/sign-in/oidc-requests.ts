/** Requests to the sign-in provider. The library's own have neither a time limit nor a bound of the answer. */

import { APIError } from 'better-auth/api'
import type { OidcConfig } from '../../../config/oidc.ts'
import { isObject } from '../../../domain/json/is-object.ts'

export type Claims = Readonly<Record<string, unknown>>
type Asked = { readonly headers?: Readonly<Record<string, string>>; readonly body?: URLSearchParams }
type Code = { readonly code: string; readonly redirectURI: string; readonly codeVerifier?: string | undefined }

const ANSWER_MS = 10_000
const MAX_ANSWER_BYTES = 256 * 1024

export const problem = (code: string) => new APIError('FORBIDDEN', { code, message: code })

export async function ask(url: string, { headers = {}, body }: Asked = {}): Promise<Claims> {
  const sent = body === undefined ? {} : { method: 'POST', body }
  try {
    const signal = AbortSignal.timeout(ANSWER_MS)
    const response = await fetch(url, { ...sent, headers, redirect: 'error', signal })
    const text = await readText(response)
    const parsed: unknown = response.ok ? JSON.parse(text) : null
    if (isObject(parsed)) return parsed
  } catch {
    // The error may contain personal data.
  }
  throw problem('provider_failed')
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) throw new Error('a long answer')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

export async function requestTokens(
  { clientId, clientSecret }: OidcConfig,
  discoveryUrl: string,
  { code, redirectURI, codeVerifier = '' }: Code,
) {
  const { token_endpoint: endpoint } = await ask(discoveryUrl)
  if (typeof endpoint !== 'string') throw problem('provider_failed')
  // Every provider must support this (RFC 6749, 2.3.1).
  const credentials = Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64')
  const grant = { grant_type: 'authorization_code', code, redirect_uri: redirectURI, code_verifier: codeVerifier }
  const found = await ask(endpoint, {
    headers: { authorization: `Basic ${credentials}`, accept: 'application/json' },
    body: new URLSearchParams(grant),
  })
  const { id_token: idToken, access_token: accessToken } = found
  if (typeof idToken !== 'string' || idToken === '') throw problem('provider_failed')
  return typeof accessToken === 'string' ? { idToken, accessToken } : { idToken }
}

const formEncoded = (text: string): string => new URLSearchParams({ text }).toString().slice('text='.length)
