/** Workable: jobs, candidates and subscriptions of its SPI v3 (workable.readme.io). */

import { createHmac } from 'node:crypto'
import { type Reply, type Route, textOf } from '../server/call.ts'
import type { HookForm, Hooks, Subscription } from '../server/hooks.ts'
import { bearerOf } from '../server/oauth.ts'
import type { Vendor } from '../server/twin.ts'
import { type Happen, PREFIX, refuse, routesOf, SUBDOMAIN, showCandidate } from './workable-routes.ts'

const EVENTS = ['candidate_created', 'candidate_moved']

export const workable: Vendor = (parts) => {
  const { data, secret } = parts
  const token = secret('token', 48)
  const hooks = parts.createHooks(HOOKS)
  const happen: Happen = (fields, origin, now) => {
    const person = data.add(fields, now)
    hooks.emit('candidate_created', showCandidate(data, person, origin), now)
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
    limitHeaders: ({ limit, left, resetAt }) => ({
      'X-Rate-Limit-Limit': String(limit),
      'X-Rate-Limit-Remaining': String(Math.max(0, left)),
      'X-Rate-Limit-Reset': String(Math.ceil(resetAt / 1000)),
    }),
    refuse,
    hooks,
    register: async (url) => hooks.add({ url, secret: token, events: null }),
    happen: (origin, now) => happen({}, origin, now),
  }
}

const HOOKS: HookForm = {
  succeeds: (status) => status === 200,
  sign(data, { id, name, now }, { secret }) {
    const fired = new Date(now).toISOString()
    const body = JSON.stringify({ id, event_type: name, fired_at: fired, resource_type: 'candidate', data })
    return { headers: { 'X-Workable-Signature': createHmac('sha256', secret).update(body).digest('hex') }, body }
  },
}

/** The account's token signs what is sent. */
function subscriptions(hooks: Hooks, token: string): readonly Route[] {
  const show = ({ id, url, events }: Subscription) => ({ id, target: url, event: events?.[0] ?? EVENTS[0] })
  const path = `${PREFIX}/subscriptions`
  return [
    { method: 'GET', path, handle: () => ({ body: { subscriptions: hooks.list().map(show) } }) },
    {
      method: 'POST',
      path,
      handle({ body }): Reply {
        const [url, event] = [textOf(body['target']), textOf(body['event'])]
        if (!EVENTS.includes(event)) return refuse(422, `event is not one of ${EVENTS.join(', ')}`)
        if (hooks.list().some((one) => one.url === url)) return refuse(409, 'target is already registered')
        const problem = hooks.refusal(url)
        if (problem !== null) return refuse(422, problem)
        return { status: 201, body: { id: hooks.add({ url, secret: token, events: [event] }).id } }
      },
    },
    {
      method: 'DELETE',
      path: `${path}/:id`,
      handle: ({ params }): Reply => (hooks.remove(params['id'] ?? '') ? { status: 204 } : refuse(404, 'Not found')),
    },
  ]
}
