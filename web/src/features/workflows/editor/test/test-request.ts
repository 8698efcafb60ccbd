import { FORM_TYPE, readForm } from '../../../../lib/requests/runs/read-form.ts'
import type { HeaderList, RunRequest } from '../../../../lib/requests/runs/run.ts'
import { fromBase64, toBase64 } from '../../../../lib/requests/runs/run-body.ts'
import type { SampleRequest } from '../../../../lib/requests/sample-request.ts'
import { isShaped, isText } from '../../../../lib/use-stored-state.ts'
import type { SampleRequest as ExampleRequest } from '../../../../lib/with-demo.ts'

export type FilePart = { readonly name: string; readonly type: string; readonly base64: string }
export type Field = { readonly name: string; readonly value: string; readonly file?: FilePart }

export const FORMS = ['json', 'form', 'multipart', 'empty', 'raw', 'get'] as const
export type BodyForm = (typeof FORMS)[number]

export type TestRequest = {
  readonly form: BodyForm
  /** Lines `Name: value`. */
  readonly headers: string
  readonly query: string
  /** JSON or raw text. Forms use `fields`. */
  readonly body: string
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

export const isTestRequest = isShaped<TestRequest>({
  form: (form) => FORMS.some((one) => one === form),
  headers: isText,
  query: isText,
  body: isText,
  fields: Array.isArray,
})

export type ApiRequest = {
  method?: 'GET'
  headers: [string, string][]
  query: string
  body?: string
  body_encoding?: 'utf8' | 'base64'
}

/** The browser encodes forms. */
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
      // A typed Content-Type would lack the boundary.
      const others = headers.filter(([name]) => name.toLowerCase() !== 'content-type')
      const type = encoded.headers.get('content-type') ?? 'multipart/form-data'
      const body = toBase64(new Uint8Array(await encoded.arrayBuffer()))
      return { headers: [...others, ['Content-Type', type]], query, body, body_encoding: 'base64' }
    }
    case 'empty':
      return { headers, query }
    case 'get':
      return { method: 'GET', headers, query }
    case 'raw':
      return { headers, query, body: request.body, body_encoding: request.encoding }
    default:
      return form satisfies never
  }
}

/** Belong to the original connection. */
const NOT_AGAIN = /^(host|connection|content-length|transfer-encoding|accept-encoding|keep-alive|expect)$/i

type KeptRequest = {
  readonly method: string
  readonly query: string
  readonly headers: HeaderList
  readonly body: string
  readonly body_encoding: 'utf8' | 'base64'
}

export function fromRunRequest({ method, url, headers, body, body_encoding }: RunRequest): Promise<TestRequest> {
  if (body === null) throw new Error('The body of this request is too large.')
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : ''
  return fromKept({ method, query, headers, body, body_encoding })
}

export function fromSample({ query, ...sample }: SampleRequest): Promise<TestRequest> {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) for (const one of [value].flat()) search.append(name, one)
  return fromKept({ ...sample, query: search.toString() })
}

export const fromExample = ({ headers, body }: ExampleRequest): Promise<TestRequest> =>
  fromKept({ method: 'POST', query: '', headers: Object.entries(headers), body, body_encoding: 'utf8' })

async function fromKept(kept: KeptRequest): Promise<TestRequest> {
  const { query, body, body_encoding: encoding } = kept
  const headers = kept.headers.filter(([name]) => !NOT_AGAIN.test(name))
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  const others = headers.filter(([name]) => name.toLowerCase() !== 'content-type')
  const known = { ...BLANK, headers: headerLines(others), query }
  if (kept.method === 'GET') return { ...known, form: 'get' }
  if (body === '' && type === '') return { ...known, form: 'empty' }
  if (encoding === 'utf8' && /^application\/json\b/i.test(type)) return { ...known, form: 'json', body }
  const bytes = encoding === 'base64' ? fromBase64(body) : new TextEncoder().encode(body)
  const fields = await readForm(bytes, type)
  if (fields === null) return { ...known, form: 'raw', headers: headerLines(headers), body, encoding }
  return {
    ...known,
    form: type.startsWith(FORM_TYPE) ? 'form' : 'multipart',
    fields: await Promise.all(
      fields.map(async ({ name, value }) =>
        typeof value === 'string' ? { name, value } : { name, value: '', file: await toFilePart(value) },
      ),
    ),
  }
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

export function parseHeaders(text: string): [string, string][] {
  return text.split('\n').flatMap((line): [string, string][] => {
    const colon = line.indexOf(':')
    return colon < 1 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]]
  })
}

const headerLines = (headers: readonly (readonly [string, string])[]): string =>
  headers.map(([name, value]) => `${name}: ${value}`).join('\n')

export function fieldsOf({ form, body, fields }: TestRequest): readonly Field[] {
  if (form === 'form' || form === 'multipart') return fields
  const members = form === 'json' ? Object.entries(membersOf(body)) : []
  return members.flatMap(([name, value]) => (typeof value === 'object' ? [] : [{ name, value: String(value) }]))
}

export function fieldNames(request: TestRequest): string[] {
  return [
    ...new Set([...ownNames(request), ...parseHeaders(request.headers).map(([name]) => name), 'Content-Type']),
  ].filter(Boolean)
}

function ownNames({ form, body, fields, query }: TestRequest): string[] {
  if (form === 'json') return Object.keys(membersOf(body))
  if (form === 'get') return [...new URLSearchParams(query).keys()]
  return form === 'empty' || form === 'raw' ? [] : fields.map(({ name }) => name)
}

function membersOf(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
  } catch {
    return {}
  }
}
