/** Source: hire.lever.co/developer/documentation. */

import { uuidOf } from '../data/data.ts'
import { del, get, openPost, post, type Reply, type Route, textOf } from '../server/call.ts'
import { type HookForm, type Hooks, hmacHex, isSuccess, type Subscription } from '../server/hooks.ts'
import { authorizeRoute, basicOf, bearerOf, type Client, type OAuth, takeGrant } from '../server/oauth.ts'
import type { Happen, Vendor } from '../server/twin.ts'
import { ids, refuse, routesOf, USER_ID } from './lever-routes.ts'

const EVENT = 'applicationCreated'
const EVENTS = [EVENT, 'candidateHired', 'candidateStageChange', 'candidateArchiveChange', 'candidateDeleted']

export const lever: Vendor = (parts) => {
  const { data, oauth, secret } = parts
  const known = {
    api_key: secret('key', 48),
    client_id: secret('client', 32),
    client_secret: secret('client secret', 48),
    webhook_secret: secret('hook', 32),
    user_id: USER_ID,
  }
  const hooks = parts.createHooks(HOOKS)
  const happen: Happen = (fields, _origin, now) => {
    const person = data.add(fields, now)
    const { application, opportunity, contact } = ids(person)
    const payload = {
      applicationId: application,
      opportunityId: opportunity,
      candidateId: opportunity,
      contactId: contact,
    }
    hooks.emit(EVENT, payload)
    return person
  }
  const consent = { path: '/authorize', clientId: known.client_id, isCallback: parts.isCallback }
  return {
    name: 'lever',
    port: 4413,
    docs: 'https://hire.lever.co/developer/documentation',
    contentType: 'application/json; charset=utf-8',
    credentials: (origin) => ({
      ...known,
      authorization_url: `${origin}/authorize`,
      token_url: `${origin}/oauth/token`,
    }),
    routes: [
      ...routesOf(data, happen),
      ...subscriptions(hooks, known.webhook_secret),
      authorizeRoute(oauth, consent),
      tokens(oauth, known),
    ],
    identify(call) {
      if (basicOf(call)?.name === known.api_key) return 'key'
      return oauth.isLive(bearerOf(call) ?? '', call.now) ? 'token' : null
    },
    limit: (_call, key) => ({ key, requests: 20, windowMs: 2000 }),
    limitHeaders: () => ({}),
    refuse,
    hooks,
    register: async (url) => hooks.add({ url, secret: known.webhook_secret, events: null }),
    happen,
  }
}

const HOOKS: HookForm = {
  succeeds: isSuccess,
  sign(data, { id, name, now }, { secret }) {
    const token = uuidOf(`lever token ${id}`)
    // The signature does not cover the data.
    const signature = hmacHex(secret, `${token}${now}`)
    return { headers: {}, body: JSON.stringify({ id, event: name, triggeredAt: now, token, signature, data }) }
  },
}

function subscriptions(hooks: Hooks, secret: string): readonly Route[] {
  const show = ({ id, url, events }: Subscription) => ({
    id,
    event: events?.[0] ?? EVENT,
    url,
    configuration: { signatureToken: secret },
  })
  return [
    get('/v1/webhooks', () => ({ body: { data: hooks.list().map(show), hasNext: false } })),
    post('/v1/webhooks', ({ body }): Reply => {
      const [url, event] = [textOf(body['url']), textOf(body['event'])]
      if (!EVENTS.includes(event)) return refuse(400, `event: expected one of ${EVENTS.join(', ')}`)
      const made = hooks.add({ url, secret, events: [event] })
      return typeof made === 'string' ? refuse(400, made) : { status: 201, body: { data: show(made) } }
    }),
    del(
      '/v1/webhooks/:id',
      ({ params }): Reply =>
        hooks.remove(params['id'] ?? '') ? { status: 204 } : refuse(404, 'Webhook was not found'),
    ),
  ]
}

function tokens(oauth: OAuth, client: Client): Route {
  return openPost('/oauth/token', (call) => {
    const made = takeGrant(call, oauth, client, ['authorization_code', 'refresh_token'])
    if (typeof made === 'string') return { status: made === 'invalid_client' ? 401 : 403, body: { error: made } }
    const { access_token, refresh_token, expires_in } = made
    return { body: { access_token, refresh_token, expires_in, token_type: 'Bearer', scope: 'offline_access' } }
  })
}
