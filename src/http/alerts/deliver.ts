import { createHmac, randomUUID } from 'node:crypto'
import type { Config } from '../../config.ts'
import type { AlertMessage, AnchoredHead } from '../../domain/alerts/alert.ts'
import type { ChannelConfig } from '../../domain/alerts/channel.ts'
import { type AlertText, alertText, runUrl, taskUrl } from '../../domain/alerts/text.ts'
import { decodeWhsec } from '../../domain/senders/hmac.ts'
import type { PersonLanguage } from '../../domain/shared/person-language.ts'
import { reasonOf } from '../../errors.ts'
import type { Runner } from '../../runs/runner.ts'
import type { StoreUse } from '../../store/store.ts'
import type { AddressRules } from './addresses.ts'
import { sendEmail } from './email.ts'
import { sendJson } from './post.ts'

/** `isFinal`: a retry would fail in the same way. */
type Delivery = { readonly delivered: boolean; readonly detail: string; readonly isFinal?: true }

/** Never throws. `id` is the same for each attempt. */
export type Deliver = (id: string, config: ChannelConfig, message: AlertMessage) => Promise<Delivery>

export type DeliverOptions = {
  readonly config: Pick<Config, 'alerts'> & { readonly egress: AddressRules }
  readonly baseUrl: () => string
  readonly store: StoreUse<{ workflows: 'get'; people: 'listLanguages' }>
  readonly runner: Pick<Runner, 'runManual'>
  readonly now: () => number
}

const MAX_DETAIL = 500
const NO_MAIL = 'No mail server is configured: an operator sets WORKFLOWS_SMTP_URL.'

export function createDeliver(options: DeliverOptions): Deliver {
  return async (id, config, message) => {
    if (config.type === 'email' && options.config.alerts.smtpUrl === null)
      return { delivered: false, detail: NO_MAIL, isFinal: true }
    try {
      return { delivered: true, detail: (await send(options, id, config, message)).slice(0, MAX_DETAIL) }
    } catch (error) {
      return { delivered: false, detail: describe(error, config).slice(0, MAX_DETAIL) }
    }
  }
}

async function send(
  options: DeliverOptions,
  id: string,
  config: ChannelConfig,
  message: AlertMessage,
): Promise<string> {
  const { baseUrl } = options
  const { smtpUrl } = options.config.alerts
  switch (config.type) {
    case 'email': {
      if (smtpUrl === null) throw new Error(NO_MAIL)
      for (const [language, to] of await byLanguage(options, config)) {
        await sendEmail(smtpUrl, to, alertText(message, baseUrl(), language))
      }
      return `Sent to ${config.to.length} address(es).`
    }
    case 'slack':
    case 'teams': {
      const text = alertText(message, baseUrl(), 'en')
      return await post(
        config.url,
        config.type === 'slack' ? slackBody(text) : teamsBody(text),
        {},
        options.config.egress,
      )
    }
    case 'webhook': {
      const body = JSON.stringify(webhookBody(message, baseUrl()))
      return await post(config.url, body, sign(id, config.secret, body, options.now()), options.config.egress)
    }
    case 'workflow':
      return await startWorkflow(options, config.workflowId, message)
    default:
      return config satisfies never
  }
}

export function previewOf(config: ChannelConfig, message: AlertMessage, baseUrl: string) {
  if (config.type === 'webhook' || config.type === 'workflow')
    return { subject: null, body: JSON.stringify(webhookBody(message, baseUrl), null, 2) }
  const { subject, lines, link } = alertText(message, baseUrl, config.type === 'email' ? config.language : 'en')
  return { subject, body: [...lines, ...(link === null ? [] : [`${link.label}: ${link.url}`])].join('\n') }
}

async function byLanguage(
  { store }: DeliverOptions,
  { to, language }: Extract<ChannelConfig, { type: 'email' }>,
): Promise<ReadonlyMap<PersonLanguage, readonly string[]>> {
  const chosen = await store.people.listLanguages(to)
  return Map.groupBy(to, (address) => chosen.get(address.toLowerCase()) ?? language)
}

async function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  rules: AddressRules,
): Promise<string> {
  const { status, text } = await sendJson(url, { body, headers, maxAnswer: MAX_DETAIL }, rules)
  if (status < 200 || status > 299) throw new Error(`Expected a status from 200 to 299, found ${status}: ${text}`)
  return `Answered ${status}.`
}

function webhookBody(message: AlertMessage, baseUrl: string) {
  const { type, at, workflow, run, failures, heldBack, task, anchors } = message
  return {
    type: type === 'test' ? type : type === 'anchors' ? `decisions.${type}` : `workflow.${type}`,
    at: new Date(at).toISOString(),
    workflow: workflow === null ? null : { id: workflow.id, name: workflow.name, kind: workflow.kind },
    run: run === null ? null : { id: run.id, code: run.code, message: run.message, url: runUrl(baseUrl, run.id) },
    ...(task === undefined ? {} : { task: { id: task.id, title: task.title, url: taskUrl(baseUrl, task.id) } }),
    ...(anchors === undefined ? {} : { anchors: anchors.map(presentHead) }),
    failures,
    held_back: heldBack,
  }
}

const presentHead = ({ workflowId, number, sha256 }: AnchoredHead) => ({ workflow_id: workflowId, number, sha256 })

/** Standard Webhooks 1.0. */
function sign(id: string, secret: string, body: string, now: number): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000))
  const key = secret.startsWith('whsec_') ? (decodeWhsec(secret) ?? secret) : secret
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
}

const slackBody = ({ subject, lines, link }: AlertText): string =>
  JSON.stringify({
    text: [
      `*${slackText(subject)}*`,
      ...lines.map(slackText),
      ...(link === null ? [] : [`<${link.url}|${link.label}>`]),
    ].join('\n'),
  })

/** Keeps a message from creating links or mentions. */
const slackText = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

const teamsBody = ({ subject, lines, link }: AlertText): string =>
  JSON.stringify({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            { type: 'TextBlock', text: subject, weight: 'Bolder', wrap: true },
            ...lines.map((text) => ({ type: 'TextBlock', text, wrap: true })),
          ],
          actions: link === null ? [] : [{ type: 'Action.OpenUrl', title: link.label, url: link.url }],
        },
      },
    ],
  })

async function startWorkflow(options: DeliverOptions, workflowId: string, message: AlertMessage): Promise<string> {
  // A workflow that fails on its own alert would loop forever.
  if (message.workflow?.id === workflowId) throw new Error('A workflow does not receive its own alerts.')
  const workflow = await options.store.workflows.get(workflowId)
  if (workflow === null || workflow.kind !== 'catch') throw new Error(`There is no catch workflow ${workflowId}.`)
  const body = Buffer.from(JSON.stringify(webhookBody(message, options.baseUrl())))
  const headers = [['Content-Type', 'application/json']] as const
  const request = { method: 'POST', url: '/alerts', query: '', headers, body }
  const run = await options.runner.runManual({
    workflow,
    request,
    version: null,
    source: null,
    keepSettings: true,
    background: true,
    by: null,
  })
  return `Started ${run.id}.`
}

/** A channel's URL may contain a secret. */
function describe(error: unknown, config: ChannelConfig): string {
  const text = reasonOf(error)
  return 'url' in config ? text.replaceAll(config.url, '***') : text
}

export const newTestMessage = (now: number): AlertMessage => ({
  type: 'test',
  at: now,
  workflow: null,
  run: null,
  since: null,
  failures: 0,
  heldBack: 0,
})

export const newDeliveryId = (): string => `msg_${randomUUID()}`
