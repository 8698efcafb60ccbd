/** Sources: docs.teamtailor.com (JSON:API) and partner.teamtailor.com (company webhooks). */

import { type HookForm, hmacHex, isSuccess } from '../server/hooks.ts'
import { rateHeaders, secondsLeft } from '../server/limits.ts'
import type { Happen, Vendor } from '../server/twin.ts'
import { API_VERSION, refuse, routesOf, showApplication, showCandidate } from './teamtailor-routes.ts'

const EVENT = 'job_application.create'

export const teamtailor: Vendor = (parts) => {
  const { data, secret } = parts
  const known = { api_key: secret('key', 40), webhook_secret: secret('hook', 40), api_version: API_VERSION }
  const hooks = parts.createHooks(HOOKS)
  const happen: Happen = (fields, origin, now) => {
    const person = data.add(fields, now)
    const { id, attributes, relationships } = showApplication(data, person, origin)
    const candidate = { id: showCandidate(person, origin).id, ...showCandidate(person, origin).attributes }
    const job_id = relationships.job.data.id
    hooks.emit(EVENT, { event_name: EVENT, data: { id, ...attributes, job_id, candidate } })
    return person
  }
  return {
    name: 'teamtailor',
    port: 4416,
    docs: 'https://docs.teamtailor.com',
    contentType: 'application/vnd.api+json',
    credentials: () => known,
    routes: routesOf(data, happen),
    identify: ({ headers }) =>
      headers.authorization?.replaceAll('"', '') === `Token token=${known.api_key}` ? 'key' : null,
    limit: (_call, key) => ({ key, requests: 50, windowMs: 10_000 }),
    limitHeaders: (window, now) => ({
      ...rateHeaders('X-Rate-Limit', window),
      'X-Rate-Limit-Reset': String(secondsLeft(window.resetAt, now)),
    }),
    refuse,
    hooks,
    register: async (url) => hooks.add({ url, secret: known.webhook_secret, events: null }),
    happen,
  }
}

const HOOKS: HookForm = {
  succeeds: isSuccess,
  sign(payload, _event, { secret }) {
    const text = JSON.stringify(payload)
    const signature = Buffer.from(hmacHex(secret, text)).toString('base64')
    return { headers: {}, body: `{"payload":${text},"signature":${JSON.stringify(signature)}}` }
  },
}
