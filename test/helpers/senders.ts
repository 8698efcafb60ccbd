/** senders.py signs the calls and shares nothing with the code under test. */

import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import type { HeaderPairs } from '../../src/domain/shared/headers.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const PROFILE = '{"type": "profile.parse.success", "profile": {"key": "é", "n": 9007199254740993}}'
const ASCII_PROFILE = '{"type": "profile.parse.success", "profile": {"key": "e", "n": 9007199254740993}}'

export type Sender = {
  readonly name: string
  /** Excludes the secrets. */
  readonly check: Readonly<Record<string, unknown>> & { readonly scheme: string }
  readonly secret: string
  readonly otherSecret: string
  readonly body: string
  readonly contentType: string
  readonly query: string
  /** Headers that a call needs to identify its sender. */
  readonly needed: readonly string[]
  readonly timed: boolean
  /** A changed bit of the body is detected. */
  readonly coversBody: boolean
}

function sender(name: string, needed: readonly string[], given: Partial<Sender> = {}): Sender {
  return {
    name,
    check: { scheme: name },
    secret: 'a secret for é tests',
    otherSecret: 'another secret for tests',
    body: PROFILE,
    contentType: 'application/json',
    query: '',
    needed,
    timed: false,
    coversBody: true,
    ...given,
  }
}

const HRFLOW = ['HTTP-HRFLOW-SIGNATURE']
const hrflow = (name: string, given: Partial<Sender> = {}): Sender =>
  sender(name, HRFLOW, { check: { scheme: 'hrflow' }, ...given })
const key = { secret: 'key-0123456789abcdef', otherSecret: 'key-fedcba9876543210', coversBody: false }

export const SENDERS: readonly Sender[] = [
  hrflow('hrflow_a'),
  hrflow('hrflow_b'),
  hrflow('hrflow_c', { body: ASCII_PROFILE }),
  hrflow('hrflow_d'),
  hrflow('hrflow_sdk', { body: ASCII_PROFILE }),
  sender('greenhouse', ['Signature'], { body: '{"action":"candidate_hired","payload":{"note":"\\u003cp\\u003e"}}' }),
  sender('smartrecruiters', ['smartrecruiters-signature', 'smartrecruiters-timestamp', 'event-id', 'link'], {
    timed: true,
  }),
  sender('workable', ['X-Workable-Signature']),
  sender('recruitee', ['X-Recruitee-Signature']),
  sender('ashby', ['Ashby-Signature']),
  sender('teamtailor', [], { body: '{"event_name": "job.update", "data": {"id": "2", "title": "é"}}' }),
  sender('teamtailor_timed', ['TT-Signature'], { check: { scheme: 'teamtailor' }, timed: true }),
  sender('typeform', ['Typeform-Signature']),
  sender('indeed', ['X-Indeed-Signature']),
  sender('twilio', ['X-Twilio-Signature'], {
    body: 'To=%2B1800&From=%2B1415&Body=h%C3%A9llo+you&Empty=&Media=b&Media=a&Media=b',
    contentType: 'application/x-www-form-urlencoded; charset=UTF-8',
    query: '?foo=1&bar=2',
  }),
  sender('twilio_json', ['X-Twilio-Signature'], {
    check: { scheme: 'twilio' },
    // sha256sum of PROFILE
    query: '?bodySHA256=3a38a9b436e36b100b623c4c281716f3a3577645631220ae0a82ecb6a6e98b72',
  }),
  sender('github', ['X-Hub-Signature-256']),
  sender('stripe', ['Stripe-Signature'], { timed: true }),
  sender('standard_webhooks', ['webhook-signature', 'webhook-timestamp', 'webhook-id'], {
    secret: `whsec_${Buffer.from('a key of twenty-four byte').toString('base64')}`,
    otherSecret: `whsec_${Buffer.from('another key of more bytes').toString('base64')}`,
    timed: true,
  }),
  sender('own', ['X-Sig', 'X-Time'], {
    check: {
      scheme: 'hmac',
      header: 'X-Sig',
      algorithm: 'sha512',
      encoding: 'hex',
      prefix: 'v0=',
      signed: 'v0:{timestamp}:{body}',
      timestamp_header: 'X-Time',
    },
    timed: true,
  }),
  sender('bearer', ['Authorization'], key),
  sender('header', ['X-Api-Key'], { ...key, check: { scheme: 'header', header: 'X-Api-Key' } }),
]

export type SignedCall = { readonly headers: HeaderPairs; readonly body: string }
export type SigningJob = {
  readonly sender: string
  readonly secret: string
  readonly body: string
  readonly url: string
  /** Seconds. */
  readonly time: string
}

/** One run of Python signs all calls. */
export function signCalls(jobs: readonly SigningJob[]): readonly SignedCall[] {
  const printed = execFileSync('python3', [join(import.meta.dirname, 'senders.py')], {
    input: JSON.stringify(jobs),
    encoding: 'utf8',
    env: { ...process.env, PYTHONPATH: join(ROOT, '.cache/environments/python3/site-packages') },
  })
  const calls: { headers: Record<string, string>; body: string }[] = JSON.parse(printed)
  return calls.map(({ headers, body }) => ({ headers: Object.entries(headers), body }))
}
