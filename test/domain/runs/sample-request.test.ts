import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleFromCode } from '../../../src/domain/runs/sample-request.ts'

const bodyOf = (source: string) => JSON.parse(sampleFromCode(source).body.toString())

test('a sample holds the fields that the code reads, nested ones too', () => {
  const source = `
def workflow(_request, settings):
    profile = _request["profile"]["key"]
    mail = _request.get('email', '')
    print(_request["profile"]["info"]["first_name"], other["not_this"], my_request["nor_this"])
`
  assert.deepEqual(bodyOf(source), {
    profile: { key: '42', info: { first_name: 'Ada' } },
    email: 'ada@example.com',
  })
})

test('the first parameter may have any name', () => {
  assert.deepEqual(bodyOf('def workflow(body, settings):\n    return body["city"]\n'), { city: 'Paris' })
})

test('names that look like headers become headers', () => {
  const sample = sampleFromCode(
    'def workflow(_request, s):\n    _request["X-Job-Id"]; _request["Content-Type"]; _request["id"]\n',
  )
  assert.deepEqual(sample.headers, [
    ['Content-Type', 'application/json'],
    ['X-Job-Id', 'sample'],
  ])
  assert.deepEqual(JSON.parse(sample.body.toString()), { id: '42' })
})

test('code that reads a file gets a form with a file', () => {
  const sample = sampleFromCode(
    'def workflow(_request, s):\n    cv = _request["resume"]\n    _request["email"]\n    return cv.content\n',
  )
  assert.match(sample.headers[0]?.[1] ?? '', /^multipart\/form-data; boundary=/)
  const text = sample.body.toString()
  assert.match(text, /name="resume"; filename="resume.txt"\r\nContent-Type: text\/plain\r\n\r\nAda/)
  assert.match(text, /name="email"\r\n\r\nada@example.com\r\n/)
})

test('code that reads nothing gets a small sample', () => {
  assert.deepEqual(bodyOf('def workflow(_request, settings):\n    pass\n'), { name: 'Ada' })
  assert.deepEqual(bodyOf(''), { name: 'Ada' })
})

test('names of object members are ordinary fields', () => {
  const body = sampleFromCode('def workflow(r, s):\n    r["__proto__"]; r["constructor"]["x"]\n').body.toString()
  assert.equal(body.replace(/\s/g, ''), '{"__proto__":"text","constructor":{"x":"text"}}')
})

const script = (text: string) => `export default async function workflow(request, settings) {\n${text}\n}\n`

test('a sample holds the fields that TypeScript reads, and no methods', () => {
  const source = script(`
  const { first_name, email: address = '' } = request.fields
  const key = request.fields.profile?.key ?? request['city']
  console.log(request.profile.info.last_name.trim(), request.skills.length, other.request.no, settings.request)
  return request.method + request.query.page + request.url`)
  assert.deepEqual(bodyOf(source), {
    profile: { key: '42', info: { last_name: 'Lovelace' } },
    city: 'Paris',
    skills: 'text',
    first_name: 'Ada',
    email: 'ada@example.com',
  })
  assert.deepEqual(bodyOf('export default (body) => body.fields.url'), { url: 'https://example.com/ada' })
  assert.deepEqual(bodyOf('export const workflow = async ({ city }, settings) => city'), { city: 'Paris' })
})

test('headers that TypeScript reads become headers', () => {
  const sample = sampleFromCode(script("  return request.headers['x-job-id'] + request['x-signature'] + request.id"))
  assert.deepEqual(sample.headers, [
    ['Content-Type', 'application/json'],
    ['x-job-id', 'sample'],
    ['x-signature', 'sample'],
  ])
  assert.deepEqual(JSON.parse(sample.body.toString()), { id: '42' })
})

test('TypeScript that reads a file gets a form with a file', () => {
  for (const text of [
    '  await request.resume.arrayBuffer(); request.email',
    '  const cv = request.fields.resume\n  await cv.text(); request.email',
    '  if (request.resume instanceof File) return request.email',
  ]) {
    const sample = sampleFromCode(script(text))
    assert.match(sample.headers[0]?.[1] ?? '', /^multipart\/form-data; boundary=/, text)
    assert.match(
      sample.body.toString(),
      /name="resume"; filename="resume.txt"[\s\S]*name="email"\r\n\r\nada@example.com/,
    )
  }
})

test('a field that the code parses as JSON is JSON, with what the code reads of it', () => {
  const python = `def workflow(_request, settings):
    meta = json.loads(_request["meta"])
    send(meta["email"], meta["job"]["id"], json.loads(_request.get("more")))
    return _request["cv"].content
`
  const own = script(`  const meta = JSON.parse(request.fields.meta)
  send(meta.email, meta.job.id, JSON.parse(request.more), await request.cv.text())`)
  for (const source of [python, own]) {
    const text = sampleFromCode(source).body.toString()
    assert.match(text, /name="meta"\r\n\r\n\{"email":"ada@example.com","job":\{"id":"42"\}\}\r\n/)
    assert.match(text, /name="more"\r\n\r\n\{\}\r\n/)
  }
})

test('reading the fields of 64 KiB of hostile TypeScript takes no quadratic time', () => {
  for (const text of ['request.', '{', 'const a = request.b\n', 'request.a?.b', '{a,b} = '])
    assert.ok(sampleFromCode(script(text.repeat(70_000 / text.length))).body.length > 0)
})
