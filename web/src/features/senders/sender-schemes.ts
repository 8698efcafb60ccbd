import { t } from '../../lib/i18n/t.ts'
import type { SenderCheck } from '../../lib/requests/get-workflow.ts'

type Scheme = {
  label: string
  secret: string | null
  timed?: boolean
}

export type SchemeName = SenderCheck['scheme']

export const SCHEMES: Readonly<Record<SchemeName, Scheme>> = {
  none: { label: t('No verification (anyone with the URL)'), secret: null },
  bearer: { label: t('Bearer key'), secret: t('Callers send it as Authorization: Bearer …') },
  header: { label: t('Key in a header'), secret: t('Callers send it as the header’s value') },
  hrflow: { label: 'HrFlow', secret: t('The webhook secret of the team') },
  greenhouse: { label: 'Greenhouse', secret: t('The Secret Key of the web hook') },
  smartrecruiters: {
    label: t('SmartRecruiters'),
    secret: t('The secret key of the subscription; the handshake is answered automatically'),
    timed: true,
  },
  workable: { label: 'Workable', secret: t('The account’s token, or the OAuth application’s secret') },
  recruitee: { label: 'Recruitee', secret: t('Shown when you create the webhook') },
  ashby: { label: 'Ashby', secret: t('The Secret Token of the webhook') },
  teamtailor: { label: 'Teamtailor', secret: t('The signature key of the webhook'), timed: true },
  typeform: { label: 'Typeform', secret: t('The secret of the webhook') },
  indeed: { label: 'Indeed Apply', secret: t('The API secret') },
  twilio: { label: 'Twilio', secret: t('The account’s auth token') },
  github: { label: 'GitHub', secret: t('The secret of the webhook') },
  stripe: { label: 'Stripe', secret: t('The signing secret of the endpoint (whsec_…)'), timed: true },
  standard_webhooks: { label: 'Standard Webhooks', secret: t('The signing secret (whsec_…)'), timed: true },
  hmac: { label: t('Custom HMAC signature'), secret: t('The shared signing secret'), timed: true },
}

export const isScheme = (text: string): text is SchemeName => Object.hasOwn(SCHEMES, text)

const OWN = ['none', 'bearer', 'header', 'hmac']
const SENDERS = Object.keys(SCHEMES)
  .filter(isScheme)
  .filter((scheme) => !OWN.includes(scheme))
const option = (value: SchemeName) => ({ value, label: SCHEMES[value].label })

export const SCHEME_OPTIONS = [
  option('none'),
  { group: t('A key'), items: (['bearer', 'header'] as const).map(option) },
  { group: t('A sender’s signature'), items: SENDERS.map(option) },
  { group: t('Other'), items: [option('hmac')] },
]

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
