import {
  type Call,
  type Fields,
  get,
  listOf,
  openPost,
  pageOf,
  post,
  type Reply,
  type Route,
  readToken,
  sizeOf,
  textOf,
} from '../server/call.ts'
import { type Client, type OAuth, takeGrant } from '../server/oauth.ts'

export const TEAM_ID = 'T0DEMO'
export const USER_ID = 'U0DEMO1'
const BOT_ID = 'U0DEMOBOT'
const MAX_MESSAGES = 500
const MAX_TEXT = 40_000

const channel = (id: string, name: string) => ({ id, name, is_channel: true, is_private: false, is_archived: false })
export const CHANNEL = channel('C0HIRING', 'hiring')
const CHANNELS = [
  channel('C0GENERAL', 'general'),
  CHANNEL,
  channel('C0CARE', 'care-team'),
  channel('C0OPS', 'operations'),
]

const member = (id: string, name: string) => ({
  id,
  team_id: TEAM_ID,
  name: name.toLowerCase().replace(' ', '.'),
  real_name: name,
  deleted: false,
  is_bot: id === BOT_ID,
  profile: { real_name: name, email: `${name.toLowerCase().replace(' ', '.')}@example.com` },
})
const MEMBERS = [member(USER_ID, 'Nina Rossi'), member('U0DEMO2', 'Hugo Petit'), member(BOT_ID, 'Demo Bot')]

type Message = { readonly type: 'message'; readonly ts: string; readonly channel: string; readonly text: string }
export type Messages = {
  add(fields: { readonly text: string; readonly channel?: string } & Fields, now: number): Message
  of(channel: string): readonly Message[]
}

export function createMessages(): Messages {
  const all: Message[] = []
  let made = 0
  return {
    add(fields, now) {
      made += 1
      // The second part makes the time stamps unique.
      const ts = `${Math.floor(now / 1000)}.${String(made % 1_000_000).padStart(6, '0')}`
      const message = { channel: CHANNEL.id, ...fields, type: 'message', ts } as const
      all.push(message)
      if (all.length > MAX_MESSAGES) all.shift()
      return message
    },
    of: (id) => all.filter((message) => message.channel === id).toReversed(),
  }
}

const CODES: Readonly<Record<number, string>> = { 404: 'unknown_method', 429: 'ratelimited' }

/** Slack answers most failures with 200. */
export function refuse(status: number, detail: string): Reply {
  const isExpired = detail.includes('expired')
  if (status === 401) return { body: { ok: false, error: isExpired ? 'token_expired' : 'invalid_auth' } }
  return { status, body: { ok: false, error: CODES[status] ?? 'internal_error' } }
}

const fail = (error: string): Reply => ({ body: { ok: false, error } })
export const findChannel = (given: unknown) =>
  CHANNELS.find(({ id, name }) => given === id || given === name || given === `#${name}`)

/** Arguments are in the query, in a form, or in JSON. */
function method(name: string, handle: (call: Call) => Reply): readonly Route[] {
  return [get, post].map((add) =>
    add(`/api/${name}`, (call) => handle({ ...call, body: { ...Object.fromEntries(call.query), ...call.body } })),
  )
}

function listed<T>(call: Call, name: string, items: readonly T[]): Reply {
  const first = readToken(textOf(call.body['cursor']))
  if (first === null) return fail('invalid_cursor')
  const query = new URLSearchParams({ limit: String(call.body['limit'] ?? 100) })
  const { items: shown, token } = pageOf(items, first.from, sizeOf({ ...call, query }, 'limit', 100, 1000))
  return { body: { ok: true, [name]: shown, response_metadata: { next_cursor: token ?? '' } } }
}

export const routesOf = (messages: Messages, webhook: string): readonly Route[] => [
  ...method('auth.test', ({ origin }) => ({
    body: { ok: true, url: origin, team: 'Nordwind', user: 'demo.bot', team_id: TEAM_ID, user_id: BOT_ID },
  })),
  ...method('chat.postMessage', (call) => postMessage(messages, call)),
  ...method('conversations.list', (call) => listed(call, 'channels', CHANNELS)),
  ...method('conversations.history', (call) => {
    const found = findChannel(call.body['channel'])
    return found === undefined ? fail('channel_not_found') : listed(call, 'messages', messages.of(found.id))
  }),
  ...method('users.list', (call) => listed(call, 'members', MEMBERS)),
  ...method('users.lookupByEmail', ({ body }) => {
    const user = MEMBERS.find(({ profile }) => profile.email === body['email'])
    return user === undefined ? fail('users_not_found') : { body: { ok: true, user } }
  }),
  openPost(webhook, ({ body, now }) => {
    const text = textOf(body['text'])
    if (text === '' && listOf(body['blocks']).length === 0) return { status: 400, body: 'no_text' }
    messages.add({ text: text.slice(0, MAX_TEXT), bot_id: 'B0DEMO' }, now)
    return { body: 'ok' }
  }),
]

function postMessage(messages: Messages, { body, now }: Call): Reply {
  const found = findChannel(body['channel'])
  if (found === undefined) return fail('channel_not_found')
  const text = textOf(body['text'])
  if (text === '' && listOf(body['blocks']).length === 0) return fail('no_text')
  if (text.length > MAX_TEXT) return fail('msg_too_long')
  const message = messages.add({ text, channel: found.id, user: BOT_ID, bot_id: 'B0DEMO' }, now)
  return { body: { ok: true, channel: found.id, ts: message.ts, message } }
}

/** They expire, as with Slack's token rotation. */
export function tokens(oauth: OAuth, client: Client): Route {
  return openPost('/api/oauth.v2.access', (call) => {
    const made = takeGrant(call, oauth, client, ['authorization_code', 'refresh_token'])
    if (typeof made === 'string') return fail(made === 'invalid_grant' ? 'invalid_code' : made)
    const { access_token, refresh_token, expires_in } = made
    const about = { token_type: 'bot', scope: 'chat:write,channels:read', bot_user_id: BOT_ID, app_id: 'A0DEMO' }
    const team = { id: TEAM_ID, name: 'Nordwind' }
    return { body: { ok: true, access_token, refresh_token, expires_in, ...about, team, enterprise: null } }
  })
}
