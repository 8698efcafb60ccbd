/** The request of a test: as the panel edits it, as the API takes it, and from a run's request. */

import type { SampleRequest } from '../../../../lib/examples.ts'
import type { RunRequest } from '../../../../lib/requests/runs/run.ts'

export type FilePart = { readonly name: string; readonly type: string; readonly base64: string }
export type Field = { readonly name: string; readonly value: string; readonly file?: FilePart }

export const FORMS = ['json', 'form', 'multipart', 'empty', 'raw'] as const
export type BodyForm = (typeof FORMS)[number]

export type TestRequest = {
  readonly form: BodyForm
  /** Lines `Name: value`. */
  readonly headers: string
  readonly query: string
  /** JSON or raw text; the two form formats use `fields`. */
  readonly body: string
  /** Binary bodies are kept in base64. */
  readonly encoding: 'utf8' | 'base64'
  readonly fields: readonly Field[]
}

export const BLANK: TestRequest = {
  form: 'json',
  headers: '',
  query: '',
  body: '{\n  "name": "Ada"\n}',
  encoding: 'utf8',
  fields: [{ name: 'name', value: 'Ada' }],
}

export function isTestRequest(value: unknown): value is TestRequest {
  return (
    typeof value === 'object' &&
    value !== null &&
    'form' in value &&
    FORMS.some((form) => form === value.form) &&
    'headers' in value &&
    typeof value.headers === 'string' &&
    'query' in value &&
    typeof value.query === 'string' &&
    'body' in value &&
    typeof value.body === 'string' &&
    'fields' in value &&
    Array.isArray(value.fields)
  )
}

export type ApiRequest = {
  headers: [string, string][]
  query: string
  body?: string
  body_encoding?: 'utf8' | 'base64'
}

/** The request as the API takes it. The browser encodes forms. */
export async function toApiRequest({ form, ...request }: TestRequest): Promise<ApiRequest> {
  const headers = parseHeaders(request.headers)
  const typed = (type: string): [string, string][] =>
    headers.some(([name]) => name.toLowerCase() === 'content-type') ? headers : [...headers, ['Content-Type', type]]
  const query = request.query.replace(/^\?/, '')
  switch (form) {
    case 'json':
      return { headers: typed('application/json'), query, body: request.body }
    case 'form': {
      const pairs = request.fields.map(({ name, value }): [string, string] => [name, value])
      return { headers: typed(FORM_TYPE), query, body: new URLSearchParams(pairs).toString() }
    }
    case 'multipart': {
      const encoded = new Response(toFormData(request.fields))
      // The type contains the boundary, so a typed Content-Type would not match.
      const others = headers.filter(([name]) => name.toLowerCase() !== 'content-type')
      const type = encoded.headers.get('content-type') ?? 'multipart/form-data'
      const body = toBase64(new Uint8Array(await encoded.arrayBuffer()))
      return { headers: [...others, ['Content-Type', type]], query, body, body_encoding: 'base64' }
    }
    case 'empty':
      return { headers, query }
    case 'raw':
      return { headers, query, body: request.body, body_encoding: request.encoding }
    default:
      return form satisfies never
  }
}

const FORM_TYPE = 'application/x-www-form-urlencoded'
/** Headers of the original connection, not of the request itself. */
const NOT_AGAIN = /^(host|connection|content-length|transfer-encoding|accept-encoding|keep-alive|expect)$/i

/** A test request from a run's request. A body in an unknown format stays raw. */
export async function fromRunRequest(received: RunRequest): Promise<TestRequest> {
  const headers = received.headers.filter(([name]) => !NOT_AGAIN.test(name))
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  const others = headers.filter(([name]) => name.toLowerCase() !== 'content-type')
  const query = received.url.includes('?') ? received.url.slice(received.url.indexOf('?') + 1) : ''
  const known = { ...BLANK, headers: headerLines(others), query }
  if (received.body === '' && type === '') return { ...known, form: 'empty' }
  const isText = received.body_encoding === 'utf8'
  if (isText && /^application\/json\b/i.test(type)) return { ...known, form: 'json', body: received.body }
  const fields = await readFields(received, type)
  if (fields !== null) return { ...known, form: type.startsWith(FORM_TYPE) ? 'form' : 'multipart', fields }
  return {
    ...known,
    form: 'raw',
    headers: headerLines(headers),
    body: received.body,
    encoding: received.body_encoding,
  }
}

/** An example's request as a test request. */
export function fromSample({ headers, body }: SampleRequest): Promise<TestRequest> {
  return fromRunRequest({
    method: 'POST',
    url: '',
    query: {},
    headers: Object.entries(headers),
    body,
    body_encoding: 'utf8',
  })
}

async function readFields({ body, body_encoding }: RunRequest, type: string): Promise<Field[] | null> {
  if (!/^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(type)) return null
  try {
    const bytes = body_encoding === 'base64' ? fromBase64(body) : new TextEncoder().encode(body)
    const data = await new Response(bytes, { headers: { 'Content-Type': type } }).formData()
    return await Promise.all([...data].map(async ([name, value]) => await readField(name, value)))
  } catch {
    return null
  }
}

async function readField(name: string, value: FormDataEntryValue): Promise<Field> {
  return typeof value === 'string' ? { name, value } : { name, value: '', file: await toFilePart(value) }
}

export async function toFilePart(file: File): Promise<FilePart> {
  const type = file.type === '' ? 'application/octet-stream' : file.type
  return { name: file.name, type, base64: toBase64(new Uint8Array(await file.arrayBuffer())) }
}

function toFormData(fields: readonly Field[]): FormData {
  const data = new FormData()
  for (const { name, value, file } of fields) {
    if (file === undefined) data.append(name, value)
    else data.append(name, new File([fromBase64(file.base64)], file.name, { type: file.type }))
  }
  return data
}

function parseHeaders(text: string): [string, string][] {
  return text.split('\n').flatMap((line): [string, string][] => {
    const colon = line.indexOf(':')
    return colon < 1 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]]
  })
}

const headerLines = (headers: readonly (readonly [string, string])[]): string =>
  headers.map(([name, value]) => `${name}: ${value}`).join('\n')

/** The keys of `_request[…]`, for completion in the editor. */
export function fieldNames({ form, body, fields, headers }: TestRequest): string[] {
  const own =
    form === 'json' ? jsonKeys(body) : form === 'empty' || form === 'raw' ? [] : fields.map(({ name }) => name)
  return [...new Set([...own, ...parseHeaders(headers).map(([name]) => name), 'Content-Type'])].filter(Boolean)
}

function jsonKeys(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : []
  } catch {
    return []
  }
}

const CHUNK = 0x8000

function toBase64(bytes: Uint8Array): string {
  const parts: string[] = []
  // One call with all bytes as arguments would overflow the stack.
  for (let at = 0; at < bytes.length; at += CHUNK) parts.push(String.fromCharCode(...bytes.subarray(at, at + CHUNK)))
  return btoa(parts.join(''))
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
