import { Type } from 'typebox'
import { PrivacySchema } from '../../../domain/privacy/policy.ts'
import { nullable, strict, text, time } from '../../../domain/shared/schemas.ts'
import { Actor, pageOf } from '../common/schemas.ts'
import { RunRequest, Steps } from '../runs/schemas.ts'
import { Task } from '../tasks/schemas.ts'

/** Shorter values would match every run. */
const value = Type.String({
  minLength: 3,
  maxLength: 1000,
  description: "A person's e-mail address, phone number, name …",
})

export const PrivacyFind = strict({ value })

export const PrivacyPreview = strict({
  privacy: nullable(PrivacySchema),
  run_id: Type.Optional(text(100)),
})

export const PrivacyPreviewed = Type.Object({
  run_id: nullable(Type.String()),
  request: nullable(RunRequest),
  changed: Type.Boolean({ description: 'Whether the rules remove something from it' }),
  redacted: Type.Boolean({
    description: 'Whether the rules of its time removed something when it was stored: what they removed, no rule finds',
  }),
})

const FoundRun = Type.Object({
  workflow_id: Type.String(),
  workflow_name: Type.String(),
  run_id: Type.String(),
  created_at: time(),
})

const draftFields = {
  workflow_id: Type.String(),
  workflow_name: Type.String(),
  owner_id: Type.String({ description: 'The person or API key whose unsaved code it is' }),
  kind: Type.Enum(['draft', 'earlier', 'trial'], {
    description: 'A draft, an earlier text of one, or the code of a trial',
  }),
  revision: Type.Integer(),
  at: time(),
}

const changeFields = {
  workflow_id: Type.String(),
  key: Type.String(),
  revision: Type.Integer(),
  at: time(),
  run_id: Type.Union([Type.String(), Type.Null()]),
}

const FoundDecision = Type.Object({
  id: Type.String(),
  workflow_id: Type.String(),
  number: Type.Integer(),
  run_id: Type.String(),
  at: time(),
})

export const PrivacyFound = Type.Object({
  ...pageOf(FoundRun).properties,
  decisions: Type.Array(FoundDecision, { description: 'Decisions about the person, and those that hold the value' }),
  drafts: Type.Array(Type.Object(draftFields), { description: 'Unsaved code that holds the value' }),
  settings: Type.Array(Type.Object(changeFields), {
    description: "Values in the settings' history that contain the value and were written by these runs",
  }),
})

export const PrivacyErase = strict({
  cancel_waiting: Type.Optional(
    Type.Boolean({ default: false, description: 'true: cancels runs that wait. Otherwise 409 run_waits' }),
  ),
  value,
  run_ids: Type.Array(text(100), { maxItems: 1000, uniqueItems: true }),
})

export const Certificate = Type.Object({
  id: Type.String(),
  at: time(),
  by: Actor,
  runs: Type.Array(Type.String(), { description: 'The runs that were erased, with the attempts of each' }),
  decisions: Type.Array(Type.String(), { description: 'Decisions that were emptied. The records stay' }),
  sha256: Type.String({ description: "Digest of the certificate's other fields and of what was erased" }),
})

export const PrivacyExport = Type.Object({
  value: Type.String(),
  at: time(),
  runs: Type.Array(
    Type.Object({
      run: Type.Record(Type.String(), Type.Unknown(), { description: 'As GET /api/runs/{id} shows it' }),
      logs: Type.Array(Type.Object({ at: time(), stream: Type.String(), text: Type.String() })),
      steps: Steps.properties.data,
      tasks: Type.Array(Task),
      calls: Type.Array(Type.Record(Type.String(), Type.Unknown()), {
        description: 'Outgoing calls. `sent` and `received` are null if they were not recorded',
      }),
      idempotency_keys: Type.Array(
        Type.Object({ key_digest: Type.String(), body_digest: Type.String(), created_at: time() }),
      ),
    }),
    { description: 'The runs that hold the value, and their other attempts' },
  ),
  decisions: Type.Array(Type.Record(Type.String(), Type.Unknown()), {
    description: 'As GET /api/decisions/{id} shows them',
  }),
  settings: Type.Array(Type.Object({ ...changeFields, value: Type.Unknown() })),
  drafts: Type.Array(
    Type.Object({ ...draftFields, source: Type.String(), files: Type.Record(Type.String(), Type.String()) }),
  ),
})
