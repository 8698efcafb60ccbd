/** Source: developers.smartrecruiters.com. */

import { hexOf, uuidOf } from '../data/data.ts'
import { del, get, listOf, objectOf, post, put, type Reply, type Route, textOf } from '../server/call.ts'
import { type HookForm, type Hooks, hmacHex, isSuccess, type Subscription } from '../server/hooks.ts'
import { rateHeaders } from '../server/limits.ts'
import { bearerOf } from '../server/oauth.ts'
import type { Happen, Vendor } from '../server/twin.ts'
import { records, refuse, routesOf } from './smartrecruiters-routes.ts'

const PREFIX = '/webhooks-api/v201907/subscriptions'
const EVENT = 'application.created'
const MAX_INACTIVE = 50

export const smartrecruiters: Vendor = (parts) => {
  const { data, oauth, secret } = parts
  const known = {
    api_key: secret('key', 40),
    client_id: secret('client', 32),
    client_secret: secret('client secret', 48),
    webhook_secret: secret('hook', 40),
    company_id: 'Nordwind',
  }
  const hooks = parts.createHooks(HOOKS)
  const happen: Happen = (fields, origin, now) => {
    const person = data.add(fields, now)
    const { id, application_id, job_id } = records.eventOf(data, person)
    const link = `<${origin}/candidates/${id}/jobs/${job_id}>; rel="self"`
    hooks.emit(EVENT, { candidate_id: id, job_id, application_id, link })
    return person
  }
  const activate = async (url: string, origin: string): Promise<string | null> => {
    const challenge = hexOf(`${origin}${url}`, 32)
    const answer = await hooks.probe(url, { headers: { 'X-Hook-Secret': challenge }, body: '' })
    if (answer?.status === 200 && answer.headers.get('x-hook-secret') === challenge) return null
    return `the activation was answered with ${answer?.status ?? 'nothing'}, or without the header X-Hook-Secret`
  }
  return {
    name: 'smartrecruiters',
    port: 4412,
    docs: 'https://developers.smartrecruiters.com',
    contentType: 'application/json;charset=UTF-8',
    credentials: (origin) => ({ ...known, token_url: `${origin}/identity/oauth/token` }),
    routes: [...routesOf(parts, happen, known), ...subscriptions(hooks, known.webhook_secret, activate)],
    identify(call) {
      if (call.headers['x-smarttoken'] === known.api_key) return 'key'
      return oauth.isLive(bearerOf(call) ?? '', call.now) ? 'token' : null
    },
    limit: (_call, key) => ({ key, requests: 10, windowMs: 1000 }),
    limitHeaders: (window) => ({
      ...rateHeaders('X-RateLimit', window),
      'X-RateLimit-Concurrent-Limit': '8',
      'X-RateLimit-Concurrent-Remaining': '7',
    }),
    refuse,
    hooks,
    async register(url, origin) {
      return (await activate(url, origin)) ?? hooks.add({ url, secret: known.webhook_secret, events: null })
    },
    happen,
  }
}

const HOOKS: HookForm = {
  succeeds: isSuccess,
  sign({ link, ...payload }, { id, name, now }, { secret }) {
    const body = JSON.stringify(payload)
    const [time, version] = [String(Math.floor(now / 1000)), 'v201907']
    const signed = `${time}.${body}.${id}.${name}.${version}.${link}`
    return {
      headers: {
        'event-id': id,
        'event-name': name,
        'event-version': version,
        link: textOf(link),
        'smartrecruiters-timestamp': time,
        'smartrecruiters-signature': `v1=${hmacHex(secret, signed)}`,
      },
      body,
    }
  },
}

type Activate = (url: string, origin: string) => Promise<string | null>

function subscriptions(hooks: Hooks, secret: string, activate: Activate): readonly Route[] {
  const inactive = new Map<string, Subscription>()
  let made = 0
  const show = ({ id, url, events }: Subscription) => ({
    id,
    callbackUrl: url,
    events: events ?? [EVENT],
    status: inactive.has(id) ? 'inactive' : 'active',
  })
  const all = (): readonly Subscription[] => [...inactive.values(), ...hooks.list()]
  const find = (id: string | undefined) => all().find((one) => one.id === id)
  return [
    get(PREFIX, () => ({ body: { content: all().map(show) } })),
    post(PREFIX, ({ body }): Reply => {
      const url = textOf(body['callbackUrl'])
      const problem = hooks.refusal(url) ?? (inactive.size < MAX_INACTIVE ? null : 'too many are inactive')
      if (problem !== null) return refuse(400, problem)
      const events = listOf(body['events']).map((event) => textOf(objectOf(event)['name']) || textOf(event))
      made += 1
      const id = uuidOf(`smartrecruiters subscription ${made} ${secret}`)
      inactive.set(id, { id, url, secret, events })
      return { status: 201, body: show({ id, url, secret, events }) }
    }),
    put(`${PREFIX}/:id/activation`, async ({ params, origin }): Promise<Reply> => {
      const subscription = find(params['id'])
      if (subscription === undefined) return refuse(404, 'Subscription not found')
      const problem = await activate(subscription.url, origin)
      if (problem !== null) return refuse(400, problem)
      // Another call may have activated it.
      const made = inactive.has(subscription.id) ? hooks.add(subscription) : subscription
      if (typeof made === 'string') return refuse(400, made)
      inactive.delete(subscription.id)
      return { status: 204 }
    }),
    post(
      `${PREFIX}/:id/secret-key`,
      ({ params }): Reply =>
        find(params['id']) === undefined
          ? refuse(404, 'Subscription not found')
          : { status: 201, body: { secretKey: secret } },
    ),
    del(`${PREFIX}/:id`, ({ params }): Reply => {
      const id = params['id'] ?? ''
      return inactive.delete(id) || hooks.remove(id) ? { status: 204 } : refuse(404, 'Subscription not found')
    }),
  ]
}
