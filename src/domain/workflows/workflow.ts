import { Type } from 'typebox'
import { AlertRuleSchema, AlertRuleShown, parseAlertRule } from '../alerts/rule.ts'
import { CONNECTION_LIMITS } from '../connections/connection.ts'
import { parseConnectionNames } from '../connections/parse.ts'
import { DecisionsSchema, DecisionsShown, parseDecisions } from '../decisions/policy.ts'
import { AcknowledgementSchema, parseAcknowledgement, ShownAcknowledgementSchema } from '../hooks/acknowledgement.ts'
import { KeySourceSchema, parseKeySource, ShownKeySourceSchema } from '../hooks/idempotency.ts'
import { LaneSchema, parseLane } from '../hooks/lane.ts'
import { RateLimitSchema } from '../hooks/rate-limit.ts'
import { parseRequestSchema, RequestSchemaSchema } from '../hooks/request-schema.ts'
import type { ModuleFiles } from '../modules/module-files.ts'
import type { VersionPackages } from '../packages/version-packages.ts'
import { PrivacySchema, PrivacyShown, parsePrivacy } from '../privacy/policy.ts'
import { NO_RETRIES, parseRetries, RetriesSchema, ShownRetriesSchema } from '../runs/retries.ts'
import { ISOLATIONS } from '../runs/run.ts'
import { parseSchedule, ScheduleSchema, ShownScheduleSchema } from '../schedules/parse-schedule.ts'
import { parseSenderCheck, SenderCheckSchema, ShownSenderCheckSchema } from '../senders/parse-sender-check.ts'
import { ANYBODY } from '../senders/sender-check.ts'
import type { Actor } from '../shared/actor.ts'
import { ANYWHERE, EgressSchema, parseEgress } from '../shared/egress.ts'
import type { Kind } from '../shared/kind.ts'
import { nullable, text } from '../shared/schemas.ts'
import { CanarySchema, CanaryShown, parseCanary } from '../trials/canary.ts'
import { DeployGateSchema, DeployGateShown, parseDeployGate } from '../trials/trial.ts'
import { field, type PropertyOf } from './field.ts'
import { parseEditors, parseName, parseTags } from './parse.ts'
import { parseVariables, VariablesSchema } from './variables.ts'

const MIB = 1024 * 1024

export const LIMITS = {
  timeoutSeconds: { catch: 30, pull: 300, max: 3600 },
  maxConcurrency: { catch: 10, pull: 1, max: 1000 },
  bodyBytes: 32 * MIB,
  bodyDepth: 200,
  retentionDays: 36_500,
  retentionBytes: { min: MIB, max: 1024 * 1024 * 1024 * MIB },
  memoryMib: { min: 128, max: 8192, preset: 512 },
  logBytes: 1 * MIB,
  responseStatus: { min: 200, max: 599 },
  responseBodyBytes: 6 * MIB,
  responseHeaders: 64,
  responseHeaderBytes: 16 * 1024,
  resultLength: 10_000,
  settings: 1000,
  changedSettings: 500,
  settingDepth: 200,
  settingBytes: 256 * 1024,
  settingsBytes: 1 * MIB,
  settingKeyBytes: 1024,
  sourceBytes: 1 * MIB,
  nameLength: 200,
  descriptionLength: 10_000,
  secretRedactionLength: 8,
  allowedIps: 100,
  refusedCalls: 100,
  tags: 20,
  editors: 100,
} as const

const { timeoutSeconds, maxConcurrency } = LIMITS

const SharedKeys = Type.Array(Type.String({ minLength: 1, maxLength: LIMITS.settingKeyBytes }), {
  maxItems: 200,
  uniqueItems: true,
  description: 'Shared settings that functions find where the workflow has no key of that name',
})

const ConnectionNames = Type.Array(text(63), {
  maxItems: CONNECTION_LIMITS.perWorkflow,
  uniqueItems: true,
  description: 'Names of connections whose tokens functions find in their settings',
})

const AllowedIps = Type.Array(text(60, 'An address, or a range such as 10.0.0.0/8'), {
  maxItems: LIMITS.allowedIps,
  description: 'Addresses of callers. An empty list allows all',
})

const Methods = Type.Array(Type.Enum(['POST', 'GET']), {
  minItems: 1,
  uniqueItems: true,
  description: 'HTTP methods that call the hook. The fields of a GET are in its query',
})

const Editors = Type.Array(text(100), {
  maxItems: LIMITS.editors,
  description: 'Ids of people who may change, test and delete it besides owners; empty: owners only; null: all editors',
})

/**
 * The type `Workflow`, its row, `POST`, `PATCH`, responses and the API's document follow from this table. A new field
 * also needs a migration.
 */
export const WORKFLOW_FIELDS = {
  name: field(Type.String({ minLength: 1, maxLength: LIMITS.nameLength }), {
    default: '',
    parse: parseName,
  }),
  description: field(text(LIMITS.descriptionLength), { default: '' }),
  enabled: field(Type.Boolean(), { default: true, inFolder: false }),
  archived: field(Type.Boolean(), { default: false, inFolder: false }),
  runtime: field(text(50, 'One of GET /api/runtimes'), { default: 'python3' }),
  schedule: field(nullable(ScheduleSchema), {
    default: null,
    only: 'pull',
    shown: nullable(ShownScheduleSchema),
    parse: parseSchedule,
  }),
  timeout_seconds: field(Type.Integer({ minimum: 1, maximum: timeoutSeconds.max }), {
    default: { catch: timeoutSeconds.catch, pull: timeoutSeconds.pull },
  }),
  max_concurrency: field(Type.Integer({ minimum: 1, maximum: maxConcurrency.max }), {
    default: { catch: maxConcurrency.catch, pull: maxConcurrency.pull },
  }),
  isolation: field(Type.Enum([...ISOLATIONS]), { default: 'fresh' }),
  memory_mib: field(
    Type.Integer({
      minimum: LIMITS.memoryMib.min,
      maximum: LIMITS.memoryMib.max,
      description: 'Memory of one run in MiB',
    }),
    { default: LIMITS.memoryMib.preset },
  ),
  variables: field(VariablesSchema, { default: {}, parse: parseVariables }),
  body_limit_bytes: field(Type.Integer({ minimum: 1, maximum: LIMITS.bodyBytes }), { default: LIMITS.bodyBytes }),
  retention_days: field(
    nullable(
      Type.Integer({
        minimum: 1,
        maximum: LIMITS.retentionDays,
        description: "How long ended runs are kept; null: the server's WORKFLOWS_RETENTION_DAYS",
      }),
    ),
    { default: null },
  ),
  retention_bytes: field(
    nullable(
      Type.Integer({
        minimum: LIMITS.retentionBytes.min,
        maximum: LIMITS.retentionBytes.max,
        description: "How much of them is kept, as stored; null: the server's WORKFLOWS_RETENTION_MIB",
      }),
    ),
    { default: null },
  ),
  /** Null: every call is a separate run. */
  idempotency: field(nullable(KeySourceSchema), {
    default: null,
    only: 'catch',
    shown: nullable(ShownKeySourceSchema),
    parse: parseKeySource,
  }),
  lane: field(nullable(LaneSchema), { default: null, only: 'catch', parse: parseLane }),
  request_schema: field(nullable(RequestSchemaSchema), { default: null, only: 'catch', parse: parseRequestSchema }),
  /** Null: callers wait for the function's response. */
  answer: field(nullable(AcknowledgementSchema), {
    default: null,
    only: 'catch',
    shown: nullable(ShownAcknowledgementSchema),
    parse: parseAcknowledgement,
  }),
  retries: field(RetriesSchema, { default: NO_RETRIES, shown: ShownRetriesSchema, parse: parseRetries }),
  sender_check: field(SenderCheckSchema, {
    default: ANYBODY,
    only: 'catch',
    shown: nullable(ShownSenderCheckSchema),
    parse: parseSenderCheck,
  }),
  methods: field(Methods, { default: ['POST'], only: 'catch', shown: nullable(Methods) }),
  allowed_ips: field(AllowedIps, { default: [], only: 'catch', shown: nullable(AllowedIps) }),
  rate_limit: field(nullable(RateLimitSchema), { default: null, only: 'catch' }),
  propagate_trace: field(
    Type.Boolean({ description: 'Whether outgoing HTTP calls of the function carry the trace of its run' }),
    { default: false },
  ),
  record_outbound: field(
    Type.Boolean({ description: 'Whether what outgoing HTTP calls send and receive is kept, encrypted, for trials' }),
    { default: false },
  ),
  deploy_gate: field(nullable(DeployGateSchema), { default: null, shown: DeployGateShown, parse: parseDeployGate }),
  canary: field(nullable(CanarySchema), {
    default: null,
    only: 'catch',
    inFolder: false,
    shown: CanaryShown,
    parse: parseCanary,
  }),
  alerts: field(nullable(AlertRuleSchema), { default: null, shown: nullable(AlertRuleShown), parse: parseAlertRule }),
  /** Null: everything is stored. */
  privacy: field(nullable(PrivacySchema), { default: null, shown: nullable(PrivacyShown), parse: parsePrivacy }),
  /** Null: any outcome and the default period. */
  decisions: field(nullable(DecisionsSchema), { default: null, shown: DecisionsShown, parse: parseDecisions }),
  egress: field(EgressSchema, { default: ANYWHERE, parse: parseEgress }),
  /** Null: all editors. */
  editors: field(nullable(Editors), { default: null, inFolder: false, parse: parseEditors }),
  shared_settings: field(SharedKeys, { default: [] }),
  connections: field(ConnectionNames, { default: [], parse: parseConnectionNames }),
  tags: field(Type.Array(text(50), { maxItems: LIMITS.tags, description: 'Words that workflows are filtered by' }), {
    default: [],
    parse: parseTags,
  }),
}

export type FieldName = keyof typeof WORKFLOW_FIELDS
export type FieldValue<N extends FieldName> = ReturnType<(typeof WORKFLOW_FIELDS)[N]['defaultOf']>
export type FieldValues = { readonly [N in FieldName as PropertyOf<N>]: FieldValue<N> }

export type Workflow = FieldValues & {
  readonly id: string
  readonly kind: Kind
  /** The secret part of the hook's URL. Null for a pull workflow. */
  readonly hookKey: string | null
  /** Two during rotation. */
  readonly senderSecrets: number
  readonly deployedVersionId: string | null
  readonly deployedVersion: number | null
  readonly createdAt: number
  readonly updatedAt: number
}

export type Version = {
  readonly id: string
  readonly workflowId: string
  readonly number: number
  readonly source: string
  readonly files: ModuleFiles
  /** Null: the base packages. */
  readonly packages: VersionPackages | null
  readonly message: string
  readonly createdAt: number
  /** Null: unknown. */
  readonly createdBy: Actor | null
  readonly deployedAt: number | null
  readonly durable: boolean
}

export type NewVersion = Omit<Version, 'number' | 'deployedAt' | 'durable'>
