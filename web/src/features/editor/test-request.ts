import { BLANKS, EXAMPLES, exampleWithSource, type SampleRequest } from '../../lib/examples.ts'

/** What the Test panel sends: headers as lines `Name: value`, and the body's text. */
export type TestRequest = { headers: string; body: string }

export function isTestRequest(value: unknown): value is TestRequest {
  return (
    typeof value === 'object' &&
    value !== null &&
    'headers' in value &&
    typeof value.headers === 'string' &&
    'body' in value &&
    typeof value.body === 'string'
  )
}

const MULTIPART = [
  '--sample',
  'Content-Disposition: form-data; name="email"',
  '',
  'jane@example.com',
  '--sample',
  'Content-Disposition: form-data; name="resume"; filename="jane.pdf"',
  'Content-Type: application/pdf',
  '',
  '%PDF-1.4 sample',
  '--sample--',
  '',
].join('\n')

export const BODY_FORMS = [
  {
    value: 'json',
    label: 'JSON',
    request: { headers: 'Content-Type: application/json', body: '{\n  "name": "Ada"\n}' },
  },
  {
    value: 'form',
    label: 'Form',
    request: { headers: 'Content-Type: application/x-www-form-urlencoded', body: 'name=Ada&job=JOB-42' },
  },
  {
    value: 'multipart',
    label: 'Multipart',
    request: { headers: 'Content-Type: multipart/form-data; boundary=sample', body: MULTIPART },
  },
  { value: 'empty', label: 'Empty', request: { headers: '', body: '' } },
] as const
export type BodyForm = (typeof BODY_FORMS)[number]['value'] | 'other'

/** Samples of the examples, by title. */
export const SAMPLES: readonly { title: string; request: TestRequest }[] = [BLANKS.catch, ...EXAMPLES].flatMap(
  (example) =>
    example.sample_request === undefined ? [] : [{ title: example.title, request: fromSample(example.sample_request) }],
)

/** The request that the code's own example comes with, or a small JSON body. */
export function firstRequest(source: string): TestRequest {
  const sample = exampleWithSource(source)?.sample_request
  return sample === undefined ? BODY_FORMS[0].request : fromSample(sample)
}

/** Which of the forms the request has, told by its content type. */
export function formOf({ headers, body }: TestRequest): BodyForm {
  const type = (parseHeaders(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? '').toLowerCase()
  if (type.startsWith('application/json')) return 'json'
  if (type.startsWith('application/x-www-form-urlencoded')) return 'form'
  if (type.startsWith('multipart/form-data')) return 'multipart'
  return type === '' && body === '' ? 'empty' : 'other'
}

/** The request as the API takes it. A text area has no carriage returns, multipart needs them. */
export function toApiRequest(request: TestRequest): { headers: [string, string][]; body: string } {
  const body = formOf(request) === 'multipart' ? request.body.replace(/\r?\n/g, '\r\n') : request.body
  return { headers: parseHeaders(request.headers), body }
}

export function parseHeaders(text: string): [string, string][] {
  return text.split('\n').flatMap((line): [string, string][] => {
    const colon = line.indexOf(':')
    return colon < 1 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]]
  })
}

function fromSample({ headers, body }: SampleRequest): TestRequest {
  return {
    headers: Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
    body: body.replaceAll('\r\n', '\n'),
  }
}
