import type { HmacForm } from './form.ts'

const HEX_OF_BODY = {
  algorithm: 'sha256',
  encoding: 'hex',
  separator: null,
  signed: '{body}',
  timestamp: null,
} as const

export const PRESETS = {
  /** `Signature: sha256 <hex>` over the raw body. developers.greenhouse.io/webhooks.html, "Authentication". */
  greenhouse: { ...HEX_OF_BODY, header: 'Signature', prefix: 'sha256 ', key: 'text' },
  /**
   * `v1=<hex>`, joined by `;`, over time, body and four headers, each empty if absent.
   * developers.smartrecruiters.com/reference/subscriptionsgeneratesecretkey-1.
   */
  smartrecruiters: {
    ...HEX_OF_BODY,
    header: 'smartrecruiters-signature',
    separator: ';',
    prefix: 'v1=',
    signed: '{timestamp}.{body}.{header:event-id}.{header:event-name}.{header:event-version}.{header:link}',
    timestamp: { header: 'smartrecruiters-timestamp' },
    key: 'text',
  },
  /**
   * HMAC-SHA256 of the payload, keyed by the account's token. workable.readme.io/reference/webhooks. Receivers in use
   * read hex.
   */
  workable: { ...HEX_OF_BODY, header: 'X-Workable-Signature', prefix: '', key: 'text' },
  /** Hex over the raw body. docs.recruitee.com/docs/webhooks, and receivers in use. */
  recruitee: { ...HEX_OF_BODY, header: 'X-Recruitee-Signature', prefix: '', key: 'text' },
  /** `sha256=<hex>` over the raw body. developers.ashbyhq.com/docs/authenticating-webhooks. */
  ashby: { ...HEX_OF_BODY, header: 'Ashby-Signature', prefix: 'sha256=', key: 'text' },
  /** `sha256=<base64>` over the raw body. typeform.com/developers/webhooks/secure-your-webhooks. */
  typeform: { ...HEX_OF_BODY, header: 'Typeform-Signature', encoding: 'base64', prefix: 'sha256=', key: 'text' },
  /** HMAC-SHA1 of the raw body in base64. docs-plus.indeed.com/indeed-apply/message-signature-generation. */
  indeed: {
    ...HEX_OF_BODY,
    header: 'X-Indeed-Signature',
    algorithm: 'sha1',
    encoding: 'base64',
    prefix: '',
    key: 'text',
  },
  /** `sha256=<hex>` over the raw body. docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries. */
  github: { ...HEX_OF_BODY, header: 'X-Hub-Signature-256', prefix: 'sha256=', key: 'text' },
  /**
   * `t=<time>,v1=<hex>` over `<time>.<body>`, with several `v1` during rotation. docs.stripe.com/webhooks, "Verify
   * manually".
   */
  stripe: {
    ...HEX_OF_BODY,
    header: 'Stripe-Signature',
    separator: ',',
    prefix: 'v1=',
    signed: '{timestamp}.{body}',
    timestamp: { entry: 't=' },
    key: 'text',
  },
  /**
   * `v1,<base64>`, joined by a space, over `<id>.<time>.<body>`. github.com/standard-webhooks/standard-webhooks, spec.
   */
  standard_webhooks: {
    ...HEX_OF_BODY,
    header: 'webhook-signature',
    encoding: 'base64',
    separator: ' ',
    prefix: 'v1,',
    signed: '{header:webhook-id}.{timestamp}.{body}',
    timestamp: { header: 'webhook-timestamp' },
    key: 'whsec',
  },
} as const satisfies Readonly<Record<string, HmacForm>>

/** Svix's header names for the same signature, which most of its customers send. */
export const SVIX: HmacForm = {
  ...PRESETS.standard_webhooks,
  header: 'svix-signature',
  signed: '{header:svix-id}.{timestamp}.{body}',
  timestamp: { header: 'svix-timestamp' },
}

export type HmacPreset = keyof typeof PRESETS
