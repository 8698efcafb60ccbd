/** Source: docs.slack.dev. */

import { fullName, jobOf } from '../data/data.ts'
import { type HookForm, type Hooks, hmacHex, isSuccess, type Subscription } from '../server/hooks.ts'
import { secondsLeft } from '../server/limits.ts'
import { authorizeRoute, bearerOf } from '../server/oauth.ts'
import type { Vendor } from '../server/twin.ts'
import { CHANNEL, createMessages, findChannel, refuse, routesOf, TEAM_ID, tokens, USER_ID } from './slack-routes.ts'

/** Per minute (docs.slack.dev/apis/web-api/rate-limits): Tier 2 for lists, Tier 3 for the rest. */
const TIERS: Readonly<Record<string, number>> = { 'conversations.list': 20, 'users.list': 20 }
const USUAL_TIER = 50

export const slack: Vendor = (parts) => {
  const { data, oauth, secret } = parts
  const known = {
    bot_token: `xoxb-${secret('bot token', 40)}`,
    signing_secret: secret('signing', 32),
    client_id: `${parseInt(secret('client', 8), 16)}.demo`,
    client_secret: secret('client secret', 32),
  }
  const webhook = `/services/${TEAM_ID}/B0DEMO/${secret('incoming webhook', 24)}`
  const hooks = parts.createHooks(HOOKS)
  const messages = createMessages()
  const consent = { path: '/oauth/v2/authorize', clientId: known.client_id, isCallback: parts.isCallback }
  return {
    name: 'slack',
    port: 4417,
    docs: 'https://docs.slack.dev',
    contentType: 'application/json; charset=utf-8',
    credentials: (origin) => ({
      ...known,
      webhook_secret: known.signing_secret,
      api_url: `${origin}/api/`,
      webhook_url: `${origin}${webhook}`,
      channel: CHANNEL.id,
      authorization_url: `${origin}/oauth/v2/authorize`,
      token_url: `${origin}/api/oauth.v2.access`,
    }),
    routes: [...routesOf(messages, webhook), authorizeRoute(oauth, consent), tokens(oauth, known)],
    identify(call) {
      const given = bearerOf(call) ?? call.body['token'] ?? call.query.get('token')
      if (given === known.bot_token) return 'bot'
      return typeof given === 'string' && oauth.isLive(given, call.now) ? 'app' : null
    },
    limit({ path, body, query }, identity) {
      const method = path.replace('/api/', '')
      if (method !== 'chat.postMessage')
        return { key: `${identity} ${method}`, requests: TIERS[method] ?? USUAL_TIER, windowMs: 60_000 }
      // Slack allows one message per second and channel, and short bursts.
      const channel = findChannel(body['channel'] ?? query.get('channel'))
      return { key: `${identity} ${channel?.id}`, requests: 10, windowMs: 10_000 }
    },
    limitHeaders: ({ left, resetAt }, now): Readonly<Record<string, string>> =>
      left < 0 ? { 'Retry-After': String(secondsLeft(resetAt, now)) } : {},
    refuse,
    hooks,
    register: (url, _origin, now) => register(hooks, url, known.signing_secret, now),
    happen(fields, _origin, now) {
      const person = data.add(fields, now)
      const text = `${fullName(person)} has applied as ${jobOf(data, person).title}.`
      const { ts } = messages.add({ user: USER_ID, text }, now)
      const event = { type: 'message', channel: CHANNEL.id, channel_type: 'channel', user: USER_ID, text, ts }
      hooks.emit('message', event)
      return person
    },
  }
}

async function register(hooks: Hooks, url: string, secret: string, now: number): Promise<Subscription | string> {
  const challenge = hmacHex(secret, `challenge ${now}`)
  const answer = await hooks.probe(url, sign(JSON.stringify({ type: 'url_verification', challenge }), now, secret))
  if (answer?.status === 200 && answer.text.includes(challenge)) return hooks.add({ url, secret, events: null })
  return `the challenge was answered with ${answer?.status ?? 'nothing'}, or without the challenge`
}

function sign(body: string, now: number, secret: string) {
  const time = String(Math.floor(now / 1000))
  const signature = `v0=${hmacHex(secret, `v0:${time}:${body}`)}`
  return { headers: { 'X-Slack-Request-Timestamp': time, 'X-Slack-Signature': signature }, body }
}

const HOOKS: HookForm = {
  succeeds: isSuccess,
  sign(event, { id, now }, { secret }) {
    const about = { team_id: TEAM_ID, api_app_id: 'A0DEMO', type: 'event_callback', event_id: `Ev${id}` }
    return sign(JSON.stringify({ ...about, event_time: Math.floor(now / 1000), event }), now, secret)
  },
}
