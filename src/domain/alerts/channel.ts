import { PERSON_LANGUAGES, type PersonLanguage } from '../shared/person-language.ts'

export const CHANNEL_TYPES = ['email', 'slack', 'teams', 'webhook', 'workflow'] as const
export type ChannelType = (typeof CHANNEL_TYPES)[number]

export type ChannelConfig =
  | { readonly type: 'email'; readonly to: readonly string[]; readonly language: PersonLanguage }
  | { readonly type: 'slack' | 'teams'; readonly url: string }
  | {
      readonly type: 'webhook'
      readonly url: string
      readonly secret: string
      /** Gets the daily anchors of decisions. Absent in older channels. */
      readonly anchors?: boolean
    }
  | { readonly type: 'workflow'; readonly workflowId: string }

export type Channel = {
  readonly id: string
  readonly name: string
  readonly createdAt: number
  readonly config: ChannelConfig
}

type Given = Readonly<Record<string, unknown>>

const MAX_RECIPIENTS = 20
const EMAIL = /^[^\s\p{Cc}@<>",;]{1,64}@[^\s\p{Cc}@<>",;]{1,255}$/u
const KEY = /^whsec_[A-Za-z0-9+/]{22,128}={0,2}$/

/** Returns a sentence for an invalid config. A webhook's `secret: null` keeps the secret of `former`. */
export function parseChannelConfig(type: ChannelType, given: Given, former?: ChannelConfig): ChannelConfig | string {
  const known = {
    email: ['to', 'language'],
    slack: ['url'],
    teams: ['url'],
    webhook: ['url', 'secret', 'anchors'],
    workflow: ['workflow_id'],
  }
  const unknown = Object.keys(given).find((name) => !known[type].includes(name))
  if (unknown !== undefined) return `config: unknown field ${JSON.stringify(unknown)} for a channel of type ${type}.`
  switch (type) {
    case 'email':
      return parseEmail(given)
    case 'slack':
    case 'teams': {
      const url = parseUrl(given.url)
      return url === null ? EXPECTED_URL : { type, url }
    }
    case 'webhook':
      return parseWebhook(given, former)
    case 'workflow':
      if (typeof given.workflow_id !== 'string') return 'config.workflow_id: expected the id of a catch workflow.'
      return { type, workflowId: given.workflow_id }
    default:
      return type satisfies never
  }
}

const EXPECTED_URL = 'config.url: expected an http or https URL without a user name.'

function parseWebhook({ anchors = false, ...given }: Given, former?: ChannelConfig): ChannelConfig | string {
  const url = parseUrl(given.url)
  if (url === null) return EXPECTED_URL
  const secret = given.secret === null && former?.type === 'webhook' ? former.secret : given.secret
  if (typeof secret !== 'string' || !KEY.test(secret)) {
    return 'config.secret: expected whsec_ and base64 of 16 bytes or more (the value is not shown).'
  }
  if (typeof anchors !== 'boolean') return 'config.anchors: expected true or false.'
  return { type: 'webhook', url, secret, anchors }
}

function parseEmail({ to, language = 'en' }: Given): ChannelConfig | string {
  const isList = Array.isArray(to) && to.length > 0 && to.length <= MAX_RECIPIENTS
  if (!isList || !to.every((one): one is string => typeof one === 'string' && EMAIL.test(one))) {
    return `config.to: expected a list of 1 to ${MAX_RECIPIENTS} email addresses.`
  }
  const found = PERSON_LANGUAGES.find((one) => one === language)
  if (found === undefined) return `config.language: expected ${PERSON_LANGUAGES.join(' or ')}.`
  return { type: 'email', to, language: found }
}

function parseUrl(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > 2000 || !URL.canParse(text)) return null
  const { protocol, username, password } = new URL(text)
  const isFine = (protocol === 'http:' || protocol === 'https:') && username === '' && password === ''
  return isFine ? text : null
}

/** Omits secrets. The path or the query of a URL may be one: only owners see the URL of their own service. */
export function visibleConfig(config: ChannelConfig, isOwner: boolean): Readonly<Record<string, unknown>> {
  switch (config.type) {
    case 'email':
      return { to: config.to, language: config.language }
    case 'slack':
    case 'teams':
      return { url: hidePath(config.url) }
    case 'webhook':
      return { url: isOwner ? config.url : hidePath(config.url), secret: null, anchors: config.anchors === true }
    case 'workflow':
      return { workflow_id: config.workflowId }
    default:
      return config satisfies never
  }
}

const hidePath = (url: string): string => `${new URL(url).origin}/***`
