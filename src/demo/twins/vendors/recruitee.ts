/** ATS API, Careers Site API and webhooks (docs.recruitee.com). */

import { fullName, iso, jobOf, resumeUrl } from '../data/data.ts'
import { COMPANY } from '../data/words.ts'
import { type HookForm, hmacHex } from '../server/hooks.ts'
import { bearerOf } from '../server/oauth.ts'
import type { Happen, Vendor } from '../server/twin.ts'
import { COMPANY_ID, candidateId, offerId, refuse, routesOf, slugOf } from './recruitee-routes.ts'

const EVENT = 'new_candidate'

export const recruitee: Vendor = (parts) => {
  const { data, secret } = parts
  const known = { api_token: secret('token', 40), company_id: COMPANY_ID, webhook_secret: secret('hook', 40) }
  const hooks = parts.createHooks(HOOKS)
  const happen: Happen = (fields, origin, now) => {
    const person = data.add(fields, now)
    const job = jobOf(data, person)
    const candidate = {
      id: candidateId(person),
      admin_id: null,
      name: fullName(person),
      emails: [person.email],
      phones: [person.phone],
      photo_thumb_url: null,
      referrer: null,
      source: 'career_site',
      cv_url: resumeUrl(person, origin),
      created_at: iso(now),
      updated_at: iso(now),
    }
    const offer = { id: offerId(job), slug: slugOf(job), title: job.title, department: { name: job.department } }
    const company = { id: Number(COMPANY_ID), name: COMPANY }
    hooks.emit(EVENT, { candidate, company, offer, offers: [offer] })
    return person
  }
  return {
    name: 'recruitee',
    port: 4415,
    docs: 'https://docs.recruitee.com',
    contentType: 'application/json; charset=utf-8',
    credentials: () => known,
    routes: routesOf(data, happen),
    identify: (call) => (bearerOf(call) === known.api_token ? 'token' : null),
    limit: (_call, key) => ({ key, requests: 100, windowMs: 60_000 }),
    limitHeaders: () => ({}),
    refuse,
    hooks,
    async register(url) {
      const subscription = { url, secret: known.webhook_secret, events: null }
      const signature = signatureOf('{"test":true}', known.webhook_secret)
      const answer = await hooks.probe(url, { headers: signature, body: '{"test":true}' })
      if (answer?.status === 200) return hooks.add(subscription)
      return `the test was answered with ${answer?.status ?? 'nothing'}, not with 200`
    },
    happen,
  }
}

const signatureOf = (body: string, secret: string) => ({
  'User-Agent': 'Recruitee-Webhooks',
  'X-Recruitee-Signature': hmacHex(secret, body),
})

const HOOKS: HookForm = {
  succeeds: (status) => status === 200,
  sign(payload, { id, name, now }, { secret }) {
    const event = { event_type: name, event_subtype: 'career_site', created_at: iso(now), attempt_count: 1 }
    // Recruitee's ids are numbers.
    const body = JSON.stringify({ id: Number.parseInt(id.slice(0, 8), 16), ...event, level: 'company', payload })
    return { headers: signatureOf(body, secret), body }
  },
}
