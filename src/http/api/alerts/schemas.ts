import { Type } from 'typebox'
import { ALERT_TYPES } from '../../../domain/alerts/alert.ts'
import { CHANNEL_TYPES } from '../../../domain/alerts/channel.ts'
import { AlertRuleSchema, AlertRuleShown } from '../../../domain/alerts/rule.ts'
import { nullable, strict, text, time } from '../../../domain/shared/schemas.ts'
import { Actor, cursor, limit } from '../common/schemas.ts'

const config = Type.Record(Type.String(), Type.Unknown(), {
  description:
    'email has {to, language}, slack and teams have {url}, webhook has {url, secret, anchors}, and workflow has {workflow_id}. Secret parts are never shown.',
})

export const Channel = Type.Object({
  id: Type.String(),
  name: Type.String(),
  type: Type.Enum([...CHANNEL_TYPES]),
  config,
  created_at: time(),
})

export const ChannelCreate = strict({ name: text(200), type: Type.Enum([...CHANNEL_TYPES]), config })

export const ChannelPatch = strict({ name: Type.Optional(text(200)), config: Type.Optional(config) })

export const Delivery = Type.Object({ delivered: Type.Boolean(), detail: Type.String() })

export const ChannelPreviews = Type.Object({
  data: Type.Array(
    Type.Object({
      type: Type.Enum([...ALERT_TYPES]),
      subject: nullable(Type.String({ description: 'null for JSON' })),
      body: Type.String({ description: 'Text or JSON' }),
    }),
  ),
})

const until = nullable(time())
export const SilencePut = strict({
  until: Type.Optional({ ...until, description: 'null or left out: until the workflow succeeds again' }),
})
export const Silence = nullable(Type.Object({ until, by: Actor, at: time() }))

/** If null, workflows without a rule send no alerts. */
export const SystemAlerts = nullable(AlertRuleShown)
export const SystemAlertsPut = nullable(AlertRuleSchema)

export const AlertQuery = strict({ limit: limit(200, 50), cursor, workflow_id: Type.Optional(text(100)) })

export const Alert = Type.Object({
  id: Type.String(),
  at: time(),
  workflow_id: nullable(Type.String()),
  channel_id: Type.String({ description: 'Empty: a mail to the people whom a task asks' }),
  type: Type.Enum([...ALERT_TYPES, 'task', 'anchors', 'test']),
  status: Type.Enum(['queued', 'sent', 'failed']),
  attempts: Type.Integer({ minimum: 0 }),
  detail: nullable(Type.String()),
})
