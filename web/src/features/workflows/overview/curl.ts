import { curl, quote } from '../../../lib/client/curl.ts'
import { type Field, fieldsOf, parseHeaders, type TestRequest } from '../editor/test/test-request.ts'

export const CURL_FORMS = [
  { value: 'json', label: 'JSON' },
  { value: 'form', label: 'Form' },
  { value: 'multipart', label: 'Multipart' },
] as const
export type CurlForm = (typeof CURL_FORMS)[number]['value']

export const curlFormOf = ({ form }: TestRequest): CurlForm => (form === 'form' || form === 'multipart' ? form : 'json')

export function curlCommand(url: string, form: CurlForm, request: TestRequest): string {
  const query = request.query.replace(/^\?/, '')
  const lines = [
    ...parseHeaders(request.headers).map((header) => `-H ${quote(header.join(': '))}`),
    ...bodyLines(form, request),
  ]
  return curl(query === '' ? url : `${url}?${query}`, lines)
}

function bodyLines(form: CurlForm, request: TestRequest): string[] {
  if (request.form === 'get') return []
  if (form === 'form')
    return fieldsOf(request).map(({ name, value }) => `--data-urlencode ${quote(`${name}=${value}`)}`)
  if (form === 'multipart') return fieldsOf(request).map(partLine)
  if (request.form === 'raw') return [`--data-binary ${quote(request.encoding === 'utf8' ? request.body : '@FILE')}`]
  if (request.form === 'empty') return ['-X POST']
  return ["-H 'Content-Type: application/json'", `-d ${quote(jsonOf(request))}`]
}

/** `-F` would read a file for a value that begins with `@` or `<`. */
function partLine({ name, value, file }: Field): string {
  const content = file === undefined ? null : shortText(file.base64)
  // The person lacks the sample's file.
  if (file !== undefined && content !== null)
    return `-F ${quote(`${name}="${content.replace(/["\\]/g, '\\$&')}";filename=${file.name};type=${file.type}`)}`
  if (file !== undefined) return `-F ${quote(`${name}=@${file.name};type=${file.type}`)}`
  return `${/^[@<]/.test(value) ? '--form-string' : '-F'} ${quote(`${name}=${value}`)}`
}

function jsonOf(request: TestRequest): string {
  if (request.form === 'json') return request.body
  return JSON.stringify(Object.fromEntries(request.fields.map(({ name, value, file }) => [name, file?.name ?? value])))
}

const MAX_INLINE = 500

/** Null for a long or binary file. */
function shortText(base64: string): string | null {
  const text = atob(base64)
  return text.length <= MAX_INLINE && /^[\x20-\x7e\r\n\t]*$/.test(text) ? text : null
}
