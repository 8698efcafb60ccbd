import { addressOf, api } from '../../client/api.ts'
import { getRun } from './get-run.ts'
import type { Run, RunRequest } from './run.ts'

type Part = 'request' | 'response'

export const bodyPath = (id: string, part: Part): string => addressOf(`/api/runs/{id}/${part}-body`, { path: { id } })

/** Throws an ApiError. */
export async function getBody(runId: string, part: Part): Promise<Uint8Array<ArrayBuffer>> {
  const response = await api.fetch(bodyPath(runId, part))
  return new Uint8Array(await response.arrayBuffer())
}

export const inlineBytes = ({ body, body_encoding }: RunRequest): Uint8Array<ArrayBuffer> | null =>
  body === null ? null : body_encoding === 'base64' ? fromBase64(body) : new TextEncoder().encode(body)

export async function getRunToTest(runId: string): Promise<{ run: Run; request: RunRequest | null }> {
  const run = await getRun(runId)
  const { request } = run
  if (request === null || request.body !== null) return { run, request }
  const bytes = await getBody(runId, 'request')
  try {
    const body = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { run, request: { ...request, body, body_encoding: 'utf8' } }
  } catch {
    return { run, request: { ...request, body: toBase64(bytes), body_encoding: 'base64' } }
  }
}

const CHUNK = 0x8000

export function toBase64(bytes: Uint8Array): string {
  const parts: string[] = []
  for (let at = 0; at < bytes.length; at += CHUNK) parts.push(String.fromCharCode(...bytes.subarray(at, at + CHUNK)))
  return btoa(parts.join(''))
}

export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
