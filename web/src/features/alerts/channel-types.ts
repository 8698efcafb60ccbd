import { t } from '../../lib/i18n/t.ts'
import type { Channel, NewChannel } from './channels.ts'

export type ChannelType = NewChannel['type']

type TypeWords = { label: string; field: string; path: TargetPath; placeholder: string }
type TargetPath = 'config.to' | 'config.url' | 'config.workflow_id'

const SLACK = 'https://hooks.slack.com/services/…'

export const TYPES: Readonly<Record<ChannelType, TypeWords>> = {
  email: {
    label: t('Email'),
    field: t('Recipients'),
    path: 'config.to',
    placeholder: 'ada@example.com, bob@example.com',
  },
  slack: { label: 'Slack', field: t('Webhook URL'), path: 'config.url', placeholder: SLACK },
  teams: {
    label: 'Teams',
    field: t('Webhook URL'),
    path: 'config.url',
    placeholder: 'https://example.webhook.office.com/…',
  },
  webhook: { label: 'Webhook', field: 'URL', path: 'config.url', placeholder: 'https://example.com/alerts' },
  workflow: { label: t('Workflow'), field: t('Workflow id'), path: 'config.workflow_id', placeholder: 'wf_…' },
}
export const OPTIONS = Object.entries(TYPES).map(([value, { label }]) => ({ value, label }))
export const isType = (value: string | null): value is ChannelType => value !== null && value in TYPES

/** What the API shows of the destination. */
export const targetOf = ({ config }: Pick<Channel, 'config'>): string =>
  Array.isArray(config.to) ? config.to.join(', ') : String(config.url ?? config.workflow_id ?? '')

/** The API shows only the origin of these URLs. */
export const isHidden = (type: ChannelType): boolean => type === 'slack' || type === 'teams'

type Given = { target: string; secret: string; anchors: boolean; language: unknown }

/** An empty secret keeps the stored one. */
export function configOf(type: ChannelType, { target, secret, anchors, language }: Given): NewChannel['config'] {
  if (type === 'email') return { to: target.split(/[\s,;]+/).filter(Boolean), language }
  if (type === 'workflow') return { workflow_id: target }
  return type === 'webhook' ? { url: target, secret: secret === '' ? null : secret, anchors } : { url: target }
}

const SECRET_BYTES = 24

/** Returns a secret of Standard Webhooks. */
export const newSecret = (): string =>
  `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(SECRET_BYTES))))}`
