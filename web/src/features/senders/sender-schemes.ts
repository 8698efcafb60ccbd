/** The sender-check schemes with their labels. */

import type { SenderCheck } from '../../lib/requests/get-workflow.ts'

type Scheme = {
  label: string
  /** A hint about its secret; null when the scheme has none. */
  secret: string | null
  /** Whether the signature includes the time. */
  timed?: boolean
}

export type SchemeName = SenderCheck['scheme']

export const SCHEMES: Readonly<Record<SchemeName, Scheme>> = {
  none: { label: 'No verification (anyone with the URL)', secret: null },
  bearer: { label: 'Bearer key', secret: 'Callers send it as Authorization: Bearer …' },
  header: { label: 'Key in a header', secret: 'Callers send it as the header’s value' },
  hrflow: { label: 'HrFlow', secret: 'The webhook secret of the team' },
  greenhouse: { label: 'Greenhouse', secret: 'The Secret Key of the web hook' },
  smartrecruiters: {
    label: 'SmartRecruiters',
    secret: 'The secret key of the subscription; the handshake is answered automatically',
    timed: true,
  },
  workable: { label: 'Workable', secret: 'The account’s token, or the OAuth application’s secret' },
  recruitee: { label: 'Recruitee', secret: 'Shown when you create the webhook' },
  ashby: { label: 'Ashby', secret: 'The Secret Token of the webhook' },
  teamtailor: { label: 'Teamtailor', secret: 'The signature key of the webhook', timed: true },
  typeform: { label: 'Typeform', secret: 'The secret of the webhook' },
  indeed: { label: 'Indeed Apply', secret: 'The API secret' },
  twilio: { label: 'Twilio', secret: 'The account’s auth token' },
  github: { label: 'GitHub', secret: 'The secret of the webhook' },
  stripe: { label: 'Stripe', secret: 'The signing secret of the endpoint (whsec_…)', timed: true },
  standard_webhooks: { label: 'Standard Webhooks', secret: 'The signing secret (whsec_…)', timed: true },
  hmac: { label: 'Custom HMAC signature', secret: 'The shared signing secret', timed: true },
}

/** Whether a choice is one of the schemes. */
export const isScheme = (text: string): text is SchemeName => Object.hasOwn(SCHEMES, text)

const OWN = ['none', 'bearer', 'header', 'hmac']
const SENDERS = Object.keys(SCHEMES)
  .filter(isScheme)
  .filter((scheme) => !OWN.includes(scheme))
const option = (value: SchemeName) => ({ value, label: SCHEMES[value].label })

export const SCHEME_OPTIONS = [
  option('none'),
  { group: 'A key', items: (['bearer', 'header'] as const).map(option) },
  { group: 'A sender’s signature', items: SENDERS.map(option) },
  { group: 'Other', items: [option('hmac')] },
]

/** The initial values of a scheme in the form. */
export function blankCheck(scheme: SchemeName): SenderCheck {
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
