import { Type } from 'typebox'
import { nullable, strict } from '../../shared/schemas.ts'

const digest = Type.String({ pattern: '^[0-9a-f]{64}$' })
const string = () => Type.String()
const runtime = Type.String({ pattern: '^[a-z0-9.]{1,40}$' })
const headers = Type.Array(Type.Tuple([string(), string()]))

export const ManifestSchema = strict({
  format: Type.Integer(),
  decision_id: string(),
  created_at: string(),
  /** Possible causes of a different replay. */
  notes: Type.Array(string()),
  files: Type.Record(string(), digest),
})

export const SignatureSchema = strict({
  algorithm: Type.Literal('Ed25519'),
  public_key: Type.String({ maxLength: 200 }),
  signature: Type.String({ maxLength: 200 }),
})

/** The digest covers the record. */
const Neighbour = strict({
  record: Type.Object({
    number: Type.Integer(),
    workflow_id: string(),
    previous_sha256: digest,
  }),
  sha256: digest,
})

export const ChainSchema = strict({ previous: nullable(Neighbour), next: nullable(Neighbour) })

export const RunSchema = strict({
  id: string(),
  /** The first attempt. Keys of steps derive from it. */
  first_id: string(),
  kind: Type.Enum(['catch', 'pull']),
  runtime,
  timeout_seconds: Type.Integer({ minimum: 1, maximum: 3600 }),
  memory_mib: Type.Integer({ minimum: 16, maximum: 16_384 }),
  variables: Type.Record(string(), string()),
  call: strict({ name: string(), number: Type.Integer({ minimum: 1 }) }),
  /** Keys of secret settings and names of connections. */
  secrets: Type.Array(string()),
  packages: nullable(strict({ runtime, with_sources: Type.Boolean() })),
})

export const RequestSchema = nullable(
  strict({
    method: string(),
    url: string(),
    query: string(),
    headers,
    body: string(),
    encoding: Type.Enum(['utf8', 'base64']),
  }),
)

export const SettingsSchema = Type.Record(string(), Type.Unknown())

export const CallsSchema = Type.Array(
  strict({
    method: string(),
    host: string(),
    port: Type.Integer({ minimum: 0, maximum: 65_535 }),
    path: string(),
    query: string(),
    status: Type.Integer({ minimum: 100, maximum: 999 }),
    headers,
    body: string(),
    encoding: Type.Enum(['utf-8', 'latin-1']),
  }),
  { maxItems: 200 },
)

export const AnswersSchema = Type.Array(
  strict({
    kind: Type.Enum(['event', 'task', 'run', 'step']),
    name: string(),
    number: Type.Integer({ minimum: 1 }),
    status: Type.Enum(['done', 'failed', 'timed_out']),
    attempts: Type.Integer({ minimum: 0 }),
    json: nullable(string()),
  }),
  { maxItems: 1000 },
)
