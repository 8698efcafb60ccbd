/** Source: workable.readme.io (SPI v3). */

import { del, get, post, type Reply, type Route, textOf } from '../server/call.ts'
import { type HookForm, type Hooks, hmacHex, type Subscription } from '../server/hooks.ts'
import { rateHeaders } from '../server/limits.ts'
import { bearerOf } from '../server/oauth.ts'
import type { Happen, Vendor } from '../server/twin.ts'
import { PREFIX, refuse, routesOf, SUBDOMAIN, showCandidate } from './workable-routes.ts'

const EVENTS = ['candidate_created', 'candidate_moved']

export const workable: Vendor = (parts) => {
  const { data, secret } = parts
  const token = secret('token', 48)
  const hooks = parts.createHooks(HOOKS)
  const happen: Happen = (fields, origin, now) => {
    const person = data.add(fields, now)
    hooks.emit('candidate_created', showCandidate(data, person, origin))
    return person
  }
  return {
    name: 'workable',
    port: 4414,
    docs: 'https://workable.readme.io/reference',
    contentType: 'application/json; charset=utf-8',
    credentials: () => ({ api_token: token, subdomain: SUBDOMAIN, webhook_secret: token }),
    routes: [...routesOf(data, happen), ...subscriptions(hooks, token)],
    identify: (call) => (bearerOf(call) === token ? 'account' : null),
    limit: (_call, key) => ({ key, requests: 10, windowMs: 10_000 }),
    limitHeaders: (window) => ({
      ...rateHeaders('X-Rate-Limit', window),
      'X-Rate-Limit-Reset': String(Math.ceil(window.resetAt / 1000)),
    }),
    refuse,
    hooks,
    register: async (url) => hooks.add({ url, secret: token, events: null }),
    happen,
  }
}

const HOOKS: HookForm = {
  succeeds: (status) => status === 200,
  sign(data, { id, name, now }, { secret }) {
    const fired = new Date(now).toISOString()
    const body = JSON.stringify({ id, event_type: name, fired_at: fired, resource_type: 'candidate', data })
    return { headers: { 'X-Workable-Signature': hmacHex(secret, body) }, body }
  },
}

function subscriptions(hooks: Hooks, token: string): readonly Route[] {
  const show = ({ id, url, events }: Subscription) => ({ id, target: url, event: events?.[0] ?? EVENTS[0] })
  const path = `${PREFIX}/subscriptions`
  return [
    get(path, () => ({ body: { subscriptions: hooks.list().map(show) } })),
    post(path, ({ body }): Reply => {
      const [url, event] = [textOf(body['target']), textOf(body['event'])]
      if (!EVENTS.includes(event)) return refuse(422, `event is not one of ${EVENTS.join(', ')}`)
      if (hooks.list().some((one) => one.url === url)) return refuse(409, 'target is already registered')
      const made = hooks.add({ url, secret: token, events: [event] })
      return typeof made === 'string' ? refuse(422, made) : { status: 201, body: { id: made.id } }
    }),
    del(
      `${path}/:id`,
      ({ params }): Reply => (hooks.remove(params['id'] ?? '') ? { status: 204 } : refuse(404, 'Not found')),
    ),
  ]
}
