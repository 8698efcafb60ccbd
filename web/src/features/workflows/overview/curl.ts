/** Ready commands to call a hook with the sample request of its workflow. */

import { type Field, fieldsOf, parseHeaders, type TestRequest } from '../editor/test/test-request.ts'

export const CURL_FORMS = [
  { value: 'json', label: 'JSON' },
  { value: 'form', label: 'Form' },
  { value: 'multipart', label: 'Multipart' },
] as const
export type CurlForm = (typeof CURL_FORMS)[number]['value']

/** The form that a command sends the request in at first. */
export const curlFormOf = ({ form }: TestRequest): CurlForm => (form === 'form' || form === 'multipart' ? form : 'json')

/**
 * A command that can be pasted into a shell; `-i` shows the status and the headers. In a form other than the request's
 * own, its fields are carried over.
 */
export function curlCommand(url: string, form: CurlForm, request: TestRequest): string {
  const query = request.query.replace(/^\?/, '')
  const lines = [
    ...parseHeaders(request.headers).map((header) => `-H ${quote(header.join(': '))}`),
    ...bodyLines(form, request),
  ]
  return `curl -i ${quote(query === '' ? url : `${url}?${query}`)}${lines.map((line) => ` \\\n  ${line}`).join('')}`
}

function bodyLines(form: CurlForm, request: TestRequest): string[] {
  if (form === 'form')
    return fieldsOf(request).map(({ name, value }) => `--data-urlencode ${quote(`${name}=${value}`)}`)
  if (form === 'multipart') return fieldsOf(request).map(partLine)
  if (request.form === 'raw') return [`--data-binary ${quote(request.encoding === 'utf8' ? request.body : '@FILE')}`]
  if (request.form === 'empty') return ['-X POST']
  return ["-H 'Content-Type: application/json'", `-d ${quote(jsonOf(request))}`]
}

/** `-F` would read a file for a value that begins with `@` or `<`. */
function partLine({ name, value, file }: Field): string {
  if (file !== undefined) return `-F ${quote(`${name}=@${file.name};type=${file.type}`)}`
  return `${/^[@<]/.test(value) ? '--form-string' : '-F'} ${quote(`${name}=${value}`)}`
}

function jsonOf(request: TestRequest): string {
  if (request.form === 'json') return request.body
  return JSON.stringify(Object.fromEntries(request.fields.map(({ name, value, file }) => [name, file?.name ?? value])))
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
