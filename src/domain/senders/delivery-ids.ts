import type { KeySource } from '../hooks/idempotency.ts'
import type { SENDER_SCHEMES } from './sender-check.ts'

const header = (name: string): KeySource => ({ from: 'header', name })
const body = (path: string): KeySource => ({ from: 'body', path })

export const DELIVERY_IDS: { readonly [Scheme in (typeof SENDER_SCHEMES)[number]]?: KeySource } = {
  /** developers.greenhouse.io/webhooks.html, "Introduction". */
  greenhouse: header('Greenhouse-Event-ID'),
  smartrecruiters: header('event-id'),
  /** typeform.com/developers/webhooks/example-payload. */
  typeform: body('event_id'),
  /** twilio.com/docs/usage/webhooks/webhooks-connection-overrides. */
  twilio: header('I-Twilio-Idempotency-Token'),
  /** docs.github.com/webhooks/webhook-events-and-payloads, "Delivery headers". */
  github: header('X-GitHub-Delivery'),
  /** docs.stripe.com/webhooks, "Handle duplicate events". */
  stripe: body('id'),
  /** Signed together with the body. github.com/standard-webhooks/standard-webhooks, spec. */
  standard_webhooks: header('webhook-id'),
}
