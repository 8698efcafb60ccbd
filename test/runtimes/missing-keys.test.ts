/** A failure for want of a field or a setting says which ones were there. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { listPythons, makeJob, openPool } from '../helpers/pool.ts'

const pool = await openPool({ spares: false })
after(() => pool.close())

/** What the function does, and the message of its failure. */
const CASES = [
  ['_request["file_url"]', "KeyError: 'file_url'. The request has the fields url, 'a\\nb'"],
  ['_request["X-Key"]', /^KeyError: 'X-Key'\. The request has the fields url, 'a\\nb' and the headers Content-Type$/],
  ['_request.headers["x-key"]', /'x-key'\. The request has the fields .* and the headers Content-Type$/],
  ['settings["API_KEY"]', "KeyError: 'API_KEY'. The settings have the keys HOST, SEEN"],
  ['settings.pop("API_KEY")', "KeyError: 'API_KEY'. The settings have the keys HOST, SEEN"],
  ['read(settings, "API_KEY")', "KeyError: 'API_KEY'. The settings have the keys HOST, SEEN"],
  ['settings.clear() or settings["HOST"]', "KeyError: 'HOST'. The settings have no keys"],
  ['settings["HOST"] + other["b"]', "KeyError: 'b'"],
  ['{}["settings"]', "KeyError: 'settings'"],
  ['lost("of the settings")', "KeyError: 'of the settings'"],
] as const

const SOURCE = `other = {}

def read(values, key):
    return values[key]

def lost(text):
    raise KeyError(text)

def workflow(_request, settings):
    return ACT
`
const settings = new Map([
  ['HOST', '"h"'],
  ['SEEN', '1'],
])

for (const { name: runtime } of listPythons(pool).slice(0, 2)) {
  test(`a KeyError says which keys there were, on ${runtime}`, async () => {
    for (const [act, expected] of CASES) {
      const job = { source: SOURCE.replace('ACT', act), runtime, body: '{"url": "x", "a\\nb": 1}', settings }
      const { code, message } = await pool.execute(makeJob(job))
      assert.equal(code, 'exception', `${act}: ${message}`)
      if (typeof expected === 'string') assert.equal(message, expected, act)
      else assert.match(message ?? '', expected, act)
    }
  })
}

test('of many keys, twenty are named', async () => {
  const source = 'def workflow(_request, settings):\n    return _request["missing"]\n'
  const many = Object.fromEntries(Array.from({ length: 23 }, (_, index) => [`key_${index}`, 1]))
  const { message } = await pool.execute(makeJob({ source, body: JSON.stringify(many) }))
  assert.match(message ?? '', /^KeyError: 'missing'\. The request has the fields key_0, .*, key_19 and 3 more$/)
})

test('JSON that was sent as a form, as by curl -d, is named with the missing type', async () => {
  const source = 'def workflow(_request, settings):\n    return _request["name"]\n'
  const headers: [string, string][] = [['Content-Type', 'application/x-www-form-urlencoded']]
  const { message } = await pool.execute(makeJob({ source, headers, body: '{"name": "Ada"}' }))
  assert.equal(
    message,
    "KeyError: 'name'. The request has no such field: it is JSON, sent as a form. Expected Content-Type: application/json",
  )
})

const SCRIPT = `export default function workflow(request, settings) {
  const note = request.note ?? ''
  ACT
}
`
const UNDEFINED = "TypeError: Cannot read properties of undefined (reading 'trim')"

/** As above, in TypeScript. */
const SCRIPT_CASES = [
  ['return request.file_url.trim()', `${UNDEFINED}. The request has no file_url: it has the fields url, "a\\nb"`],
  ['const { mail } = request\n  return mail.trim()', /\. The request has no mail: it has the fields url/],
  ['const x = request.mail\n  return x.trim()', /\. The request has no note, mail: it has the fields url/],
  ["return request['X-Key'].trim()", /no X-Key: it has the fields url, .* and the headers Content-Type$/],
  ["return request.headers['x-key'].trim()", /no x-key: it has the fields url, .* and the headers Content-Type$/],
  ['return settings.API_KEY.trim()', `${UNDEFINED}. The settings have no API_KEY: they have the keys HOST, SEEN`],
  ["throw new TypeError('undefined is not mine')", /^TypeError: undefined is not mine/],
  ["throw new Error('no mail')", 'Error: no mail'],
] as const

test('a TypeError in TypeScript says what the request or the settings have instead', async () => {
  for (const [act, expected] of SCRIPT_CASES) {
    const job = { source: SCRIPT.replace('ACT', act), runtime: 'node24', body: '{"url": "x", "a\\nb": 1}', settings }
    const { code, message } = await pool.execute(makeJob(job))
    assert.equal(code, 'exception', `${act}: ${message}`)
    if (typeof expected === 'string') assert.equal(message, expected, act)
    else assert.match(message ?? '', expected, act)
  }
})

test('a request without a body and without headers has no fields', async () => {
  const source = 'export default (request) => request.name.trim()\n'
  const { message } = await pool.execute(makeJob({ source, runtime: 'node24', headers: [], body: '' }))
  assert.equal(message, `${UNDEFINED}. The request has no name: it has no fields`)
})

test('JSON that was sent as a form is named in TypeScript, too', async () => {
  const headers: [string, string][] = [['Content-Type', 'application/x-www-form-urlencoded']]
  const source = 'export default (request) => request.name.trim()\n'
  const { message } = await pool.execute(makeJob({ source, runtime: 'node24', headers, body: '{"name": "Ada"}' }))
  assert.equal(
    message,
    `${UNDEFINED}. The request has no name: it is JSON, sent as a form. Expected Content-Type: application/json`,
  )
})
