/** The sample call does not contain the secret. */

import type { HeaderPairs } from '../shared/headers.ts'
import type { HmacForm } from './form.ts'
import { formOf, signatureOf } from './hmac.ts'
import { HRFLOW_HEADER } from './hrflow.ts'
import { PRESETS } from './presets.ts'
import type { SenderCheck } from './sender-check.ts'
import { teamtailorSignature } from './teamtailor.ts'
import { sortedFields, TWILIO_HEADER, twilioSignature } from './twilio.ts'

export type SampleCall = { readonly headers: HeaderPairs; readonly body: string }

const KEY_PLACEHOLDER = 'YOUR-KEY'

const JSON_TYPE = ['Content-Type', 'application/json'] as const
const FORM_TYPE = ['Content-Type', 'application/x-www-form-urlencoded'] as const
const SAMPLE_JSON = '{"name": "Ada"}'
const SAMPLE_FORM = 'Body=Hello&From=%2B15550100'

/** `body` is null for a small sample. Some signatures cover `url` and `now`. */
export function signSample(
  check: SenderCheck,
  secret: string,
  body: string | null,
  { url, now }: { readonly url: string; readonly now: number },
): SampleCall {
  const json = body ?? SAMPLE_JSON
  switch (check.scheme) {
    case 'none':
      return { headers: [JSON_TYPE], body: json }
    case 'bearer':
      return { headers: [JSON_TYPE, ['Authorization', `Bearer ${KEY_PLACEHOLDER}`]], body: json }
    case 'header':
      return { headers: [JSON_TYPE, [check.header, KEY_PLACEHOLDER]], body: json }
    case 'hrflow':
      // HrFlow's samples send only the hex MAC of the body, as Workable does.
      return signForm({ ...PRESETS.workable, header: HRFLOW_HEADER }, secret, json, now)
    case 'teamtailor': {
      const signature = teamtailorSignature(json, secret)
      return { headers: [JSON_TYPE], body: `{"payload":${json},"signature":${JSON.stringify(signature)}}` }
    }
    case 'twilio': {
      const form = body ?? SAMPLE_FORM
      const fields = sortedFields(Buffer.from(form)) ?? ''
      return { headers: [FORM_TYPE, [TWILIO_HEADER, twilioSignature(url, fields, secret)]], body: form }
    }
    case 'hmac':
      return signForm(formOf(check), secret, json, now)
    default:
      return signForm(PRESETS[check.scheme], secret, json, now)
  }
}

function signForm(form: HmacForm, secret: string, body: string, now: number): SampleCall {
  const timestamp = String(Math.floor(now / 1000))
  const covered = coveredHeaders(form)
  const signature = signatureOf(form, { headers: covered, body: Buffer.from(body) }, timestamp, secret)
  const time =
    form.timestamp !== null && 'header' in form.timestamp ? [[form.timestamp.header, timestamp] as const] : []
  const entry = form.timestamp !== null && 'entry' in form.timestamp ? `${form.timestamp.entry}${timestamp},` : ''
  return { headers: [JSON_TYPE, ...covered, ...time, [form.header, `${entry}${form.prefix}${signature}`]], body }
}

function coveredHeaders({ signed }: HmacForm): HeaderPairs {
  return [...signed.matchAll(/\{header:([^{}]+)\}/g)].map(([, name = '']) => [name, 'sample'] as const)
}
