/** Every sender's signature: made by an independent program, or published by the sender itself. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseSenderCheck } from '../../../src/domain/senders/parse-sender-check.ts'
import { signSample } from '../../../src/domain/senders/sample.ts'
import { changeSecrets, type SenderCheck, type SenderRejection } from '../../../src/domain/senders/sender-check.ts'
import { verifySender } from '../../../src/domain/senders/verify.ts'
import type { HeaderPairs } from '../../../src/domain/shared/headers.ts'
import { SEED } from '../../helpers/seed.ts'
import { SENDERS, type Sender, type SignedCall, signCalls } from '../../helpers/senders.ts'

const NOW = 1_700_000_000_000
const BASE = 'https://example.com/hooks/0123456789abcdef'
const TIME = String(NOW / 1000)

const jobOf = ({ name, secret, body, query }: Sender, time = TIME) => ({
  sender: name,
  secret,
  body,
  url: BASE + query,
  time,
})
const signed = signCalls(SENDERS.map((sender) => jobOf(sender)))

type Given = { secrets?: readonly string[]; now?: number; body?: Buffer; headers?: HeaderPairs }

function verify(sender: Sender, call: SignedCall, given: Given = {}): SenderRejection | null {
  const check = parseSenderCheck(JSON.parse(JSON.stringify(sender.check)))
  return verifySender(
    check,
    {
      headers: given.headers ?? [['Content-Type', sender.contentType], ...call.headers],
      body: given.body ?? Buffer.from(call.body),
      url: BASE + sender.query,
      now: given.now ?? NOW,
    },
    given.secrets ?? [sender.secret],
  )
}

const flip = (bytes: Buffer, at: number): Buffer => {
  const changed = Buffer.from(bytes)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}

for (const [index, sender] of SENDERS.entries()) {
  const { name, needed, timed, coversBody, secret, otherSecret } = sender
  const call = signed[index] ?? { headers: [], body: '' }
  const sent: HeaderPairs = [['Content-Type', sender.contentType], ...call.headers]

  test(`${name}: a call that the sender signed is taken, with either secret while they are rotated`, () => {
    assert.equal(verify(sender, call), null)
    assert.equal(verify(sender, call, { secrets: [otherSecret, secret] }), null)
    const lowered = sent.map(([header, value]) => [header.toLowerCase(), value] as const)
    assert.equal(verify(sender, call, { headers: lowered }), null)
  })

  test(`${name}: another secret, or none, takes nothing`, () => {
    assert.equal(verify(sender, call, { secrets: [otherSecret] })?.reason, 'mismatch')
    assert.equal(verify(sender, call, { secrets: [] })?.reason, 'mismatch')
  })

  if (coversBody) testBody(sender, call)
  if (timed) testTime(sender, call)

  for (const header of needed) {
    test(`${name}: without ${header}, with it twice, or with one bit of it flipped, the call is refused`, () => {
      const others = sent.filter(([other]) => other !== header)
      const value = sent.find(([other]) => other === header)?.[1] ?? ''
      assert.notEqual(verify(sender, call, { headers: others }), null)
      for (let at = 0; at < value.length; at += 1) {
        const changed = flip(Buffer.from(value), at).toString()
        const refusal = verify(sender, call, { headers: [...others, [header, changed]] })
        if (refusal === null) assert.ok(isSameSignature(name, value, changed), `${name} took ${changed}`)
      }
      assert.notEqual(verify(sender, call, { headers: [...sent, [header, value]] }), null)
    })
  }

  test(`${name}: the sample that the app shows is what the sender would send`, () => {
    const check = parseSenderCheck(JSON.parse(JSON.stringify(sender.check)))
    const sample = signSample(check, secret, null, { url: BASE + sender.query, now: NOW })
    const text = JSON.stringify(sample)
    assert.ok(!text.includes(secret), text)
    const headers = sample.headers.map(([header, value]) => [header, value.replace('YOUR-KEY', secret)] as const)
    if (name === 'twilio_json') return
    assert.equal(verify(sender, { ...sample, headers: [] }, { headers }), null)
  })
}

function testBody(sender: Sender, call: SignedCall): void {
  test(`${sender.name}: one flipped bit of the body is found out, wherever it is`, () => {
    const body = Buffer.from(call.body)
    for (let at = 0; at < body.length; at += 1) {
      const refusal = verify(sender, call, { body: flip(body, at) })
      // A bit may turn one spelling of a form's space into another; what the sender signed is the same then.
      if (refusal === null) assert.equal(sender.name, 'twilio')
      else assert.match(refusal.reason, /mismatch|malformed|missing/)
    }
    assert.notEqual(verify(sender, call, { body: Buffer.concat([body, Buffer.from(' x')]) }), null)
  })
}

function testTime(sender: Sender, call: SignedCall): void {
  test(`${sender.name}: a call signed long ago, or far ahead, is refused`, () => {
    assert.equal(verify(sender, call, { now: NOW + 299_000 }), null)
    assert.equal(verify(sender, call, { now: NOW + 301_000 })?.reason, 'stale')
    assert.equal(verify(sender, call, { now: NOW - 301_000 })?.reason, 'stale')
  })
}

/** Hex in the other case, a prefix of base64 that decodes to the same, a signature beside the one that counts. */
function isSameSignature(name: string, value: string, changed: string): boolean {
  if (name.startsWith('hrflow')) {
    const parts = (text: string) => text.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'))
    return value.toLowerCase() === changed.toLowerCase() || String(parts(value)) === String(parts(changed))
  }
  if (name === 'teamtailor_timed') return Buffer.from(value, 'base64').equals(Buffer.from(changed, 'base64'))
  const kept = /v1[=,]([^ ;,]{44,})(?=[ ;,]|$)/g
  const last = (text: string) => [...text.matchAll(kept)].at(-1)?.[1]
  if (['stripe', 'standard_webhooks', 'smartrecruiters'].includes(name)) return last(value) === last(changed)
  return value.toLowerCase() === changed.toLowerCase()
}

const PUBLISHED: Readonly<
  Record<string, { check: SenderCheck; secret: string; headers: HeaderPairs; body: string; url?: string; at?: number }>
> = {
  'GitHub, "Testing the webhook payload validation"': {
    check: { scheme: 'github', tolerance_seconds: 300 },
    secret: "It's a Secret to Everybody",
    headers: [['X-Hub-Signature-256', 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17']],
    body: 'Hello, World!',
  },
  'Standard Webhooks, the reference vector of its libraries': {
    check: { scheme: 'standard_webhooks', tolerance_seconds: 300 },
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    headers: [
      ['webhook-id', 'msg_p5jXN8AQM9LWM0D4loKWxJek'],
      ['webhook-timestamp', '1614265330'],
      ['webhook-signature', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
    ],
    body: '{"test": 2432232314}',
    at: 1_614_265_330,
  },
  'Svix, the same vector under its own header names': {
    check: { scheme: 'standard_webhooks', tolerance_seconds: 300 },
    secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    headers: [
      ['svix-id', 'msg_p5jXN8AQM9LWM0D4loKWxJek'],
      ['svix-timestamp', '1614265330'],
      ['svix-signature', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
    ],
    body: '{"test": 2432232314}',
    at: 1_614_265_330,
  },
  'SmartRecruiters, "Generate a secret key"': {
    check: { scheme: 'smartrecruiters', tolerance_seconds: 300 },
    secret: 'HeBVky2bccvvkcXPimH8c',
    headers: [
      ['smartrecruiters-signature', 'v1=2e9291f10d44ca10204a4cd81b05d73b6a316b2b605d4e2e0e0b37b40198ce1f'],
      ['smartrecruiters-timestamp', '1574080897'],
      ['event-id', '123'],
      ['link', '<http://smartrecruiters.com/endpoint>; rel=self'],
      ['event-name', 'application.created'],
      ['event-version', 'v201910'],
    ],
    body: '{"job_id":"jid","candidate_id":"cid"}',
    at: 1_574_080_897,
  },
  'Indeed, "Message signature generation"': {
    check: { scheme: 'indeed', tolerance_seconds: 300 },
    secret: 'Y0ur api secret key not shared &$%@',
    headers: [['X-Indeed-Signature', 'SGadPKocf3HD1LYXm3xGObB6hzk=']],
    body: "{'locale':'en_US','applicant':{'fullName':'John Doe','email':'john.doe@example.com'}}",
  },
  "Twilio, the example of its libraries' tests": {
    check: { scheme: 'twilio', tolerance_seconds: 300 },
    secret: '12345',
    headers: [
      ['Content-Type', 'application/x-www-form-urlencoded'],
      ['X-Twilio-Signature', 'RSOYDt4T1cUTdK1PDd93/VVr8B8='],
    ],
    body: 'CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309',
    url: 'https://mycompany.com/myapp.php?foo=1&bar=2',
  },
}
for (const [name, { check, secret, headers, body, url = BASE, at = 0 }] of Object.entries(PUBLISHED)) {
  test(`the example published by ${name} is taken, and refused when a bit differs`, () => {
    const call = { headers, body: Buffer.from(body), url, now: at * 1000 }
    assert.equal(verifySender(check, call, [secret]), null)
    assert.equal(verifySender(check, { ...call, body: flip(call.body, 5) }, [secret])?.reason, 'mismatch')
  })
}

test('HrFlow: a body that says something else than what was signed in the header is refused', () => {
  const sender = SENDERS.find(({ name }) => name === 'hrflow_a')
  assert.ok(sender)
  const call = signed[SENDERS.indexOf(sender)]
  assert.ok(call)
  const says = (body: string) => verify(sender, call, { body: Buffer.from(body) })?.reason ?? null
  assert.equal(says(''), null)
  assert.equal(says(sender.body.replaceAll(' ', '')), null)
  assert.equal(says(sender.body.replace('740993', '740992')), 'mismatch')
  assert.equal(says('{}'), 'mismatch')
  assert.equal(says('"'), 'mismatch')
  assert.equal(says('['.repeat(100_000)), 'mismatch')
})

test('Teamtailor: members beside the payload, which nothing covers, are refused', () => {
  const sender = SENDERS.find(({ name }) => name === 'teamtailor')
  assert.ok(sender)
  const { body } = signed[SENDERS.indexOf(sender)] ?? { body: '' }
  for (const wrong of [body.replace(/\}$/, ',"extra":1}'), '{"signature":"x"}', '[]', 'x', '"', '{"payload":"', '']) {
    assert.equal(verify(sender, { headers: [], body: wrong })?.reason, 'missing')
  }
})

test('Twilio: the standard port may be named in the URL that was signed', () => {
  const sender = SENDERS.find(({ name }) => name === 'twilio')
  assert.ok(sender)
  const url = `https://example.com:443/hooks/0123456789abcdef${sender.query}`
  const [call] = signCalls([{ ...jobOf(sender), url }])
  assert.equal(call && verify(sender, call), null)
})

test('a call that no check covers is refused quickly, however it is made', () => {
  const hostile = [`"${'\\"'.repeat(120_000)}`, '"'.repeat(250_000), ' '.repeat(250_000), `t=${'1,'.repeat(5000)}`]
  for (const text of hostile) {
    for (const sender of SENDERS) {
      const headers = sender.needed.map((header) => [header, text.slice(0, 16_000)] as const)
      assert.notEqual(verify(sender, { headers, body: text }), null)
    }
  }
})

test('every check rejects whatever is sent, and never throws', () => {
  const value = fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: fc.constantFrom(...'t=v1,sha256;. 0aA=-_') }))
  fc.assert(
    fc.property(fc.constantFrom(...SENDERS), fc.array(value, { maxLength: 4 }), fc.string(), (sender, values, body) => {
      const headers = values.map((text, index) => [sender.needed[index % 4] ?? 'Content-Type', text] as const)
      assert.notEqual(verify(sender, { headers, body }, { headers }), null)
    }),
    { numRuns: 2000, seed: SEED },
  )
})

test('a new secret leaves the one before valid, unless it is said not to', () => {
  const change = (current: string[], secret?: string, previous?: string | null, same = true) =>
    changeSecrets(current, { secret, previous }, same)
  assert.deepEqual(change([], 'a'), ['a'])
  assert.deepEqual(change(['a'], 'b'), ['b', 'a'])
  assert.deepEqual(change(['b', 'a'], 'c'), ['c', 'b'])
  assert.deepEqual(change(['b', 'a']), ['b', 'a'])
  assert.deepEqual(change(['b', 'a'], undefined, null), ['b'])
  assert.deepEqual(change(['a'], 'b', null), ['b'])
  assert.deepEqual(change(['a'], 'b', 'c'), ['b', 'c'])
  assert.deepEqual(change(['a'], undefined, 'c'), ['a', 'c'])
  assert.deepEqual(change(['a'], 'a'), ['a'])
  assert.deepEqual(change(['a'], 'b', undefined, false), ['b'])
  assert.deepEqual(change(['a'], undefined, undefined, false), [])
})
