import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { hashText, identityOf } from '../../../src/domain/privacy/identity.ts'
import {
  keepOutcome,
  keepRequest,
  lineRedactor,
  maskOutcome,
  maskRequest,
} from '../../../src/domain/privacy/personal-data.ts'
import { parsePrivacy } from '../../../src/domain/privacy/policy.ts'
import type { Outcome, RunRequest } from '../../../src/domain/runs/run.ts'
import type { HeaderPairs } from '../../../src/domain/shared/headers.ts'
import { UserError } from '../../../src/errors.ts'

const key = Buffer.from('key')
const hash = (text: string) => `hmac:${createHmac('sha256', key).update(text).digest('hex').slice(0, 32)}`
const deps = { key, year: 2026 }
const ALL = ['request', 'answer', 'logs'] as const
type Sent = Parameters<typeof parsePrivacy>[0]
const apply = (sent: Sent, request: RunRequest | null) => {
  const policy = parsePrivacy(sent)
  assert.ok(policy !== null)
  const kept = keepRequest(policy, request, deps)
  return {
    ...kept,
    line: lineRedactor(policy, kept, deps),
    outcome: (outcome: Outcome) => keepOutcome(policy, kept, outcome, deps),
  }
}

function post(body: string | Buffer, type = 'application/json', headers: HeaderPairs = [], query = ''): RunRequest {
  const url = query === '' ? '/h/key' : `/h/key?${query}`
  return { method: 'POST', url, query, headers: [['Content-Type', type], ...headers], body: Buffer.from(body) }
}

const bodyOf = (sent: Sent, body: string, type?: string) =>
  apply(sent, post(body, type)).request?.body.toString('utf8') ?? null

const OUTCOME: Outcome = {
  status: 'failed',
  code: 'exception',
  message: "KeyError: 'jane@example.com'",
  traceback: 'File "workflow.py", line 2\njane@example.com',
  line: 2,
  response: {
    status: 200,
    headers: [['Content-Type', 'application/json']],
    body: '{"to":"jane@example.com","n":1e400}',
  },
  result: null,
  label: 'jane@example.com',
  patch: { set: new Map(), deleted: [] },
  warnings: [],
  logs: [{ at: 1, stream: 'stdout', text: 'mail to jane@example.com' }],
  timing: {},
  peakMemoryBytes: null,
}

describe('paths', () => {
  const mask = (path: string, method: 'mask' | 'hash' | 'drop' = 'mask'): Sent => ({
    redact: [{ path, in: ['request'], with: method }],
  })

  test('a value at a path is masked and the rest of the JSON stays to the character', () => {
    const body = '{ "candidate": {"email": "jane@example.com", "n": 1e400}, "candidate2": 1, "email":"x" }'
    assert.equal(bodyOf(mask('body.candidate.email'), body), body.replace('"jane@example.com"', '"***"'))
  })

  test('a path leads into each element of a list', () => {
    const body = '{"people":[{"name":"Ann"},{"name":"Bob"}]}'
    assert.equal(bodyOf(mask('body.people.name'), body), '{"people":[{"name":"***"},{"name":"***"}]}')
    assert.equal(bodyOf(mask('body.people.1.name'), body), '{"people":[{"name":"Ann"},{"name":"***"}]}')
    assert.equal(bodyOf(mask('body.people.*.name'), body), '{"people":[{"name":"***"},{"name":"***"}]}')
  })

  test('drop removes the members of an object wherever they are', () => {
    const rules: Sent = {
      redact: ['a', 'b', 'd'].map((name) => ({
        path: `body.${name}`,
        in: ['request'] as const,
        with: 'drop' as const,
      })),
    } as Sent
    assert.equal(bodyOf(rules, '{"a":1,"b":2,"c":3,"d":{"e":[1,{}]}}'), '{"c":3}')
    assert.equal(bodyOf(rules, '{ "a": 1 , "b": 2 }'), '{  }')
    assert.equal(bodyOf(rules, '{"c":3,"a":1,"b":2}'), '{"c":3}')
    assert.equal(bodyOf(rules, '{"c":3,"a":[1,2]}'), '{"c":3}')
  })

  test('a whole object is replaced by its mask or its hash', () => {
    assert.equal(bodyOf(mask('body.a'), '{"a":{"b":1}}'), '{"a":"***"}')
    assert.equal(bodyOf(mask('body.a', 'hash'), '{"a":"x"}'), `{"a":"${hash('x')}"}`)
  })

  test('headers are found in any case, and query values also leave the URL', () => {
    const rules: Sent = {
      redact: [
        { path: 'headers.X-Candidate', in: ['request'], with: 'mask' },
        { path: 'query.email', in: ['request'], with: 'drop' },
      ],
    }
    const { request } = apply(rules, post('{}', 'application/json', [['x-candidate', 'Jane']], 'email=a%40b.co&n=1'))
    assert.deepEqual(request?.headers.at(-1), ['x-candidate', '***'])
    assert.equal(request?.query, 'n=1')
    assert.equal(request?.url, '/h/key?n=1')
    assert.equal(request?.redacted, true)
  })

  test('fields of forms and parts of multipart bodies are found by name', () => {
    assert.equal(bodyOf(mask('body.email'), 'n=1&email=a%40b.co', 'application/x-www-form-urlencoded'), 'n=1&email=***')
    const part = (name: string, value: string) =>
      `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
    const sent = `${part('email', 'a@b.co')}${part('n', '1')}--b--\r\n`
    const type = 'multipart/form-data; boundary=b'
    assert.equal(bodyOf(mask('body.email'), sent, type), sent.replace('a@b.co', '***'))
    assert.equal(bodyOf(mask('body.email', 'drop'), sent, type), `${part('n', '1')}--b--\r\n`)
    assert.equal(bodyOf(mask('body.other'), sent, type), sent)
  })

  test('a body that cannot be read by path is masked as a whole', () => {
    assert.equal(bodyOf(mask('body.email'), '{"email": "jane', 'application/json'), '***')
    assert.equal(bodyOf(mask('body.email'), 'no parts', 'multipart/form-data; boundary=b'), '***')
  })

  test('a path that leads nowhere is refused', () => {
    for (const path of ['candidate.email', 'body..email', 'headers.X Y', 'query']) {
      assert.throws(() => apply(mask(path), null), UserError, path)
    }
    assert.throws(() => apply({ redact: [{ in: ['logs'], with: 'mask' }] }, null), /neither/)
  })
})

describe('detectors', () => {
  type Detector = 'email' | 'phone' | 'iban' | 'national_id' | 'birth_date'
  const lineOf = (detector: Detector, text: string) =>
    apply({ redact: [{ detector, in: ['logs'], with: 'mask' }] }, null).line(text)

  const FOUND: readonly (readonly [Detector, string])[] = [
    ['email', 'jane.doe+cv@mail.example.co.uk'],
    ['email', 'zoé@exämple.fr'],
    ['phone', '+33 6 12 34 56 78'],
    ['phone', '06.12.34.56.78'],
    ['phone', '(415) 555-2671'],
    ['phone', '0033612345678'],
    ['iban', 'FR76 3000 6000 0112 3456 7890 189'],
    ['iban', 'DE89370400440532013000'],
    ['national_id', '2 95 10 99 126 111 93'],
    ['national_id', '123-45-6789'],
    ['national_id', '54362315-K'],
    ['birth_date', '1990-04-12'],
    ['birth_date', '12/04/1990'],
    ['birth_date', '12 avril 1990'],
    ['birth_date', 'April 12th, 1990'],
  ]
  for (const [detector, value] of FOUND) {
    test(`${detector} finds ${value}`, () => {
      assert.equal(lineOf(detector, `it is ${value}, said Jane`), 'it is ***, said Jane')
    })
  }

  const LEFT: readonly (readonly [Detector, string])[] = [
    ['email', 'npm install @codemirror/lsp'],
    ['phone', '2026-11-25 10:00:00'],
    ['phone', 'run_01JD8Z6M3N4P5Q6R7S8T9V0W1X took 1234567 ms'],
    ['iban', 'FR76 3000 6000 0112 3456 7890 188'],
    ['birth_date', 'deployed on 2026-11-25'],
  ]
  for (const [detector, text] of LEFT) {
    test(`${detector} leaves ${text}`, () => assert.equal(lineOf(detector, text), text))
  }

  test('a value in JSON is found behind its escapes, and a number as its text', () => {
    const rules: Sent = {
      redact: [
        { detector: 'email', in: ['request'], with: 'mask' },
        { detector: 'phone', in: ['request'], with: 'hash' },
      ],
    }
    const body = String.raw`{"a":"jane\u0040example.com","b":4155552671,"jane@example.com":1}`
    assert.equal(bodyOf(rules, body), `{"a":"***","b":"${hash('4155552671')}","***":1}`)
  })

  test('a date under a name that means birth is found in any year', () => {
    const rules: Sent = { redact: [{ detector: 'birth_date', in: ['request'], with: 'mask' }] }
    assert.equal(
      bodyOf(rules, '{"birth_date":"2020-01-02","hired":"2020-01-02"}'),
      '{"birth_date":"***","hired":"2020-01-02"}',
    )
  })

  test('with a path, a detector looks only there', () => {
    const rules: Sent = { redact: [{ path: 'body.note', detector: 'email', in: ['request'], with: 'drop' }] }
    assert.equal(bodyOf(rules, '{"note":"ask a@b.co now","to":"a@b.co"}'), '{"note":"ask  now","to":"a@b.co"}')
  })

  test('a body that no detector can read is masked as a whole', () => {
    const rules: Sent = { redact: [{ detector: 'email', in: ['request'], with: 'mask' }] }
    const { request } = apply(rules, post(Buffer.from([0x25, 0x50, 0xff, 0xfe]), 'application/pdf'))
    assert.equal(request?.body.toString(), '***')
  })

  test('a megabyte of candidates is redacted, each beyond the budget without a check', () => {
    const text = '06 12 34 56 78 '.repeat(70_000)
    assert.ok(!/\d/.test(lineOf('phone', text)))
  })
})

describe('answer, log and error', () => {
  test('a rule for one place leaves the others', () => {
    const only = (place: (typeof ALL)[number]) =>
      apply({ redact: [{ detector: 'email', in: [place], with: 'mask' }] }, null).outcome(OUTCOME)
    assert.equal(only('logs').logs[0]?.text, 'mail to ***')
    assert.equal(only('logs').message, OUTCOME.message)
    assert.equal(only('answer').response?.body, '{"to":"***","n":1e400}')
    assert.equal(only('answer').label, '***')
    assert.equal(only('answer').logs[0]?.text, 'mail to jane@example.com')
    assert.deepEqual(only('request'), { ...OUTCOME, calls: [] })
  })

  test('a rule for all three places also covers message and traceback', () => {
    const rules: Sent = { redact: [{ detector: 'email', in: [...ALL], with: 'mask' }] }
    const { message, traceback } = apply(rules, null).outcome(OUTCOME)
    assert.equal(message, "KeyError: '***'")
    assert.equal(traceback, 'File "workflow.py", line 2\n***')
  })

  test('the value at a path of the request is redacted wherever the rule says', () => {
    const rules: Sent = { redact: [{ path: 'body.name', in: [...ALL], with: 'mask' }] }
    const { line, request } = apply(rules, post('{"name":"Jane Doe"}'))
    assert.equal(request?.body.toString(), '{"name":"***"}')
    assert.equal(line('hello Jane Doe'), 'hello ***')
  })
})

test('identities are hashes that do not depend on case and blanks', () => {
  const identify = ['body.email', 'headers.X-Id']
  const of = (email: string) =>
    apply({ identify }, post(JSON.stringify({ email }), undefined, [['x-id', '7']])).identities
  assert.deepEqual(of(' Jane@Example.com'), of('jane@example.com'))
  assert.deepEqual(of('jane@example.com'), [hash('jane@example.com'), hash('7')])
  assert.equal(identityOf(key, 'JANE@example.com '), hash('jane@example.com'))
})

test('a hash is the beginning of an HMAC-SHA-256, for each length of the key and of the text', () => {
  for (let length = 1; length <= 64; length += 1) {
    const own = randomBytes(length)
    const text = 'é'.repeat(length * 3)
    const expected = createHmac('sha256', own).update(text).digest('hex').slice(0, 32)
    assert.equal(hashText(own, text), `hmac:${expected}`)
  }
  assert.throws(() => hashText(randomBytes(65), 'text'), /at most 64 bytes, found 65/)
})

test('a request without personal data stays the same object', () => {
  const request = post('{"n":1}')
  assert.equal(apply({ redact: [{ detector: 'email', in: ['request'], with: 'mask' }] }, request).request, request)
})

describe('Z3-06 what takes too long to redact is masked as a whole', () => {
  const policyOf = (sent: Sent) => {
    const policy = parsePrivacy(sent)
    assert.ok(policy !== null)
    return policy
  }

  test('a request keeps its headers and its query after the rules', () => {
    const policy = policyOf({ redact: [{ detector: 'email', in: ['request'], with: 'mask' }] })
    const { request } = maskRequest(policy, post('{"a":1}', undefined, [['X-To', 'a@b.co']], 'to=a@b.co&n=1'), deps)
    assert.equal(request?.body.toString(), '***')
    assert.deepEqual(request?.headers.at(-1), ['X-To', '***'])
    assert.equal(request?.query, 'to=***&n=1')
    assert.equal(request?.redacted, true)
  })

  test('values of an unread body may be anywhere, so the texts that a path is for are masked too', () => {
    const rule = (places: readonly ('answer' | 'logs')[], path?: string): Sent => ({
      redact: [{ ...(path === undefined ? { detector: 'email' } : { path }), in: [...places], with: 'mask' }],
    })
    const shown = (sent: Sent) => {
      const policy = policyOf(sent)
      const kept = maskRequest(policy, post('{"name":"Jane"}'), deps)
      return [lineRedactor(policy, kept, deps)('hello Jane'), keepOutcome(policy, kept, OUTCOME, deps).response?.body]
    }
    assert.deepEqual(shown(rule(['logs'], 'body.name')), ['***', OUTCOME.response?.body])
    assert.deepEqual(shown(rule(['answer'], 'body.name')), ['hello Jane', '***'])
    assert.deepEqual(shown(rule(['logs'])), ['hello Jane', OUTCOME.response?.body])
  })

  test('of an outcome, only what a rule is for is masked, and its type stays', () => {
    const logs = maskOutcome(policyOf({ redact: [{ detector: 'email', in: ['logs'], with: 'mask' }] }), OUTCOME, deps)
    assert.deepEqual([logs.logs[0]?.text, logs.response, logs.message], ['***', OUTCOME.response, OUTCOME.message])
    const all = maskOutcome(policyOf({ redact: [{ detector: 'email', in: [...ALL], with: 'mask' }] }), OUTCOME, deps)
    const { headers = [], body } = all.response ?? {}
    assert.deepEqual([all.message, all.label, body, headers], ['***', '***', '***', OUTCOME.response?.headers])
  })
})
