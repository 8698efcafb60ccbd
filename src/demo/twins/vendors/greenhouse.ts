import { type HookForm, hmacHex } from '../server/hooks.ts'
import { rateHeaders, secondsLeft } from '../server/limits.ts'
import { basicOf, bearerOf } from '../server/oauth.ts'
import type { Happen, Vendor } from '../server/twin.ts'
import * as records from './greenhouse-records.ts'
import { harvest1, refuse } from './greenhouse-v1.ts'
import { BOARD, harvest3, jobBoard, tokenRoute } from './greenhouse-v3.ts'

export const greenhouse: Vendor = (parts) => {
  const { data, oauth, secret } = parts
  const hooks = parts.createHooks(HOOKS)
  const known = {
    api_key: secret('key', 32),
    client_id: secret('client', 32),
    client_secret: secret('client secret', 48),
    webhook_secret: secret('hook', 32),
  }
  const happen: Happen = (fields, origin, now) => {
    const person = data.add(fields, now)
    const payload = records.showApplicationEvent(data, person, origin)
    hooks.emit('new_candidate_application', { action: 'new_candidate_application', payload })
    return person
  }
  return {
    name: 'greenhouse',
    port: 4411,
    docs: 'https://developers.greenhouse.io/harvest.html',
    contentType: 'application/json; charset=utf-8',
    credentials: (origin) => ({
      ...known,
      token_url: `${origin}/token`,
      board_token: BOARD,
      user_id: String(records.USER.id),
    }),
    routes: [...harvest1(parts, happen), ...harvest3(parts), ...jobBoard(parts), tokenRoute(parts, known)],
    identify(call) {
      if (call.path.startsWith('/v3/')) return oauth.isLive(bearerOf(call) ?? '', call.now) ? 'v3' : null
      return basicOf(call)?.name === known.api_key ? 'v1' : null
    },
    limit: (_call, key) => ({ key, requests: 50, windowMs: 10_000 }),
    limitHeaders(window, now) {
      const { left, resetAt } = window
      const [reset, wait] = [String(Math.ceil(resetAt / 1000)), String(secondsLeft(resetAt, now))]
      return {
        ...rateHeaders('X-RateLimit', window),
        ...(left < 0 ? { 'X-RateLimit-Reset': reset, 'Retry-After': wait } : {}),
      }
    },
    refuse,
    hooks,
    async register(url, _origin, now) {
      const subscription = { url, secret: known.webhook_secret, events: null }
      const event = { id: 'ping', name: 'ping', now }
      const ping = HOOKS.sign({ action: 'ping', payload: { web_hook: {} } }, event, { ...subscription, id: '' })
      const answer = await hooks.probe(url, ping)
      if (answer === null || answer.status >= 300) return `the ping was answered with ${answer?.status ?? 'nothing'}`
      return hooks.add(subscription)
    },
    happen,
  }
}

const HOOKS: HookForm = {
  succeeds: (status) => status === 200,
  sign(payload, { id }, subscription) {
    // Greenhouse escapes these characters before it signs.
    const body = JSON.stringify(payload).replace(
      /[<>&\u0080-\uffff]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    return { headers: { Signature: `sha256 ${hmacHex(subscription.secret, body)}`, 'Greenhouse-Event-ID': id }, body }
  },
}
