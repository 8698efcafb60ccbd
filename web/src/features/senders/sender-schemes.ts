/** The ways to prove who calls, in the words of those who choose one. */

import type { SenderCheck } from '../../lib/requests/get-workflow.ts'

type Scheme = {
  label: string
  /** Which secret it takes; null: none. */
  secret: string | null
  /** Whether calls say when they were signed. */
  timed?: boolean
}

export const SCHEMES: Readonly<Record<string, Scheme>> = {
  none: { label: 'Whoever knows the URL', secret: null },
  bearer: { label: 'Bearer key', secret: 'Callers send it as Authorization: Bearer …' },
  header: { label: 'Key in a header', secret: 'Callers send it as the header’s value' },
  hrflow: { label: 'HrFlow', secret: 'The webhook secret of the team' },
  greenhouse: { label: 'Greenhouse', secret: 'The Secret Key of the web hook' },
  smartrecruiters: {
    label: 'SmartRecruiters',
    secret: 'The secret key of the subscription; the handshake is answered by itself',
    timed: true,
  },
  workable: { label: 'Workable', secret: 'The account’s token, or the OAuth application’s secret' },
  recruitee: { label: 'Recruitee', secret: 'Shown where the webhook is made' },
  ashby: { label: 'Ashby', secret: 'The Secret Token of the webhook' },
  teamtailor: { label: 'Teamtailor', secret: 'The signature key of the webhook', timed: true },
  typeform: { label: 'Typeform', secret: 'The secret of the webhook' },
  indeed: { label: 'Indeed Apply', secret: 'The API secret' },
  twilio: { label: 'Twilio', secret: 'The account’s auth token' },
  github: { label: 'GitHub', secret: 'The secret of the webhook' },
  stripe: { label: 'Stripe', secret: 'The signing secret of the endpoint (whsec_…)', timed: true },
  standard_webhooks: { label: 'Standard Webhooks', secret: 'The signing secret (whsec_…)', timed: true },
  hmac: { label: 'A form of your own (HMAC)', secret: 'What both sides sign with', timed: true },
}

const SENDERS = Object.keys(SCHEMES).filter((scheme) => !['none', 'bearer', 'header', 'hmac'].includes(scheme))
const option = (value: string) => ({ value, label: SCHEMES[value]?.label ?? value })

export const SCHEME_OPTIONS = [
  option('none'),
  { group: 'A key', items: ['bearer', 'header'].map(option) },
  { group: 'A sender’s signature', items: SENDERS.map(option) },
  { group: 'Others', items: [option('hmac')] },
]

/** What a scheme begins with in the form. */
export function blankCheck(scheme: string): SenderCheck {
  if (scheme === 'header') return { scheme, header: 'X-Api-Key' }
  if (scheme !== 'hmac') return { scheme }
  return {
    scheme,
    header: 'X-Signature',
    algorithm: 'sha256',
    encoding: 'hex',
    prefix: '',
    signed: '{body}',
    timestamp_header: null,
    tolerance_seconds: 300,
  }
}
