import { Type } from 'typebox'
import { EXPLANATION_STATUSES } from '../../../domain/decisions/explain/explanation.ts'
import { PERSON_LANGUAGES } from '../../../domain/shared/person-language.ts'
import { nullable, strict, text, time } from '../../../domain/shared/schemas.ts'
import { anyJson, count, cursor, eventOf, limit } from '../common/schemas.ts'

const OVERSIGHT = ['pending', 'agreed', 'overruled', 'none'] as const

const id = text(100)
const since = Type.Optional(text(40, 'From this time on'))
const until = Type.Optional(text(40, 'Before this time'))

export const DecisionParams = strict({
  workflow_id: Type.Optional(id),
  outcome: Type.Optional(text(64)),
  subject: Type.Optional(text(320, 'The whole subject. Case does not count')),
  since,
  until,
  oversight: Type.Optional(Type.Enum([...OVERSIGHT])),
  limit: limit(200, 50),
  cursor,
})

export const Decision = Type.Object({
  id: Type.String(),
  number: nullable(
    Type.Integer({ minimum: 1, description: 'Counts the decisions of the workflow. null: it waits for a person' }),
  ),
  workflow_id: Type.String(),
  workflow_name: Type.String({ description: 'At the time of the decision' }),
  run_id: Type.String(),
  version: nullable(Type.Integer({ description: 'null: unsaved code' })),
  source_sha256: Type.String({
    description:
      'Of the source. With modules, of the canonical JSON of an object of all texts by path; the source has the path ""',
  }),
  lock_sha256: nullable(Type.String({ description: 'Of the lock of its packages. null: the base packages' })),
  at: time(),
  subject: nullable(Type.String()),
  outcome: nullable(Type.String({ description: 'null: it waits for a person' })),
  proposed: Type.String({ description: 'The outcome that the function proposed' }),
  reasons: nullable(Type.Array(Type.String())),
  inputs: anyJson('What the outcome rests on'),
  model: nullable(Type.Object({ name: Type.String(), version: Type.String(), provider: Type.Optional(Type.String()) })),
  score: nullable(Type.Number()),
  decided_by: nullable(Type.Union([Type.Enum(['automatic']), Type.Object({ id: Type.String(), name: Type.String() })])),
  oversight: nullable(
    Type.Object({
      task_id: Type.String(),
      choice: nullable(Type.String()),
      reason: nullable(Type.String()),
      at: nullable(time()),
      seconds_open: Type.Number(),
    }),
  ),
  kept_until: nullable(time()),
  erased_at: nullable(time()),
  content_sha256: nullable(
    Type.String({
      description: 'Salted digest of subject, reasons, inputs and the reason of the reviewer. The export has the salt',
    }),
  ),
  attributes_sha256: nullable(Type.String({ description: 'Salted digest of the attributes, which are never shown' })),
  previous_sha256: nullable(Type.String()),
  sha256: nullable(Type.String()),
})

export const DecisionVerify = strict({ workflow_id: Type.Optional(id) })

export const DecisionVerified = Type.Object({
  checked: count(),
  ok: Type.Boolean(),
  first_broken: nullable(
    Type.Object({
      id: nullable(Type.String({ description: 'null: the decision is missing' })),
      number: Type.Integer(),
      reason: Type.String(),
    }),
  ),
})

export const DecisionKey = Type.Object({
  algorithm: Type.Literal('Ed25519'),
  public_key: Type.String({ description: 'Base64 of the SubjectPublicKeyInfo, as between the lines of a PEM file' }),
})

export const DecisionExportParams = strict({ workflow_id: Type.Optional(id) })

export const OversightParams = strict({ workflow_id: Type.Optional(id), since, until })

const median = () => nullable(Type.Number({ description: 'null: no person has answered' }))

export const Oversight = Type.Object({
  proposed: Type.Integer({ minimum: 0, description: 'Outcomes for which a person was asked' }),
  agreed: count(),
  overruled: count(),
  expired: count(),
  median_seconds: median(),
  under_10_seconds: Type.Integer({ minimum: 0, description: 'Answers within 10 seconds' }),
  reviewers: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      answered: count(),
      agreed: count(),
      median_seconds: median(),
    }),
  ),
})

export const ImpactParams = strict({
  workflow_id: Type.Optional(id),
  outcome: Type.String({ minLength: 1, maxLength: 64, description: 'The outcome that counts as selected' }),
  by: Type.String({ minLength: 1, maxLength: 300, description: 'Attributes, such as sex,ethnicity' }),
  since,
  until,
})

export const Impact = Type.Object({
  outcome: Type.String(),
  total: count(),
  unknown: Type.Integer({
    minimum: 0,
    description: 'Number of decisions without a value for an attribute. The rows exclude such decisions',
  }),
  rows: Type.Array(
    Type.Object({
      by: Type.Array(Type.String(), { description: 'Several attributes: an intersection' }),
      category: Type.String(),
      count: count(),
      selected: count(),
      selection_rate: Type.Number(),
      impact_ratio: nullable(Type.Number({ description: 'null: no person was selected' })),
      small: Type.Boolean({ description: 'Under 2 % of all decisions' }),
    }),
  ),
})

const Change = Type.Object({
  fields: Type.Array(
    Type.Object({
      path: Type.String({ description: 'A JSON Pointer into the fields of the request' }),
      old: anyJson('null: the request does not have the field'),
      new: anyJson('The value that was tried'),
    }),
  ),
  outcome: Type.String(),
})

export const Explanation = Type.Object({
  id: Type.String(),
  decision_id: Type.String(),
  status: Type.Enum([...EXPLANATION_STATUSES]),
  tried: Type.Integer({
    minimum: 0,
    description: 'Changed requests so far. The unchanged request, which runs first, does not count',
  }),
  changes: Type.Array(Change, { description: 'The smallest first' }),
  problem: nullable(Type.String({ description: 'Why it failed' })),
  created_at: time(),
  finished_at: nullable(time()),
})

export const ExplanationEvent = Type.Union([
  eventOf('explanation', Explanation),
  eventOf('end', Type.Object({ id: Type.String() })),
])

export const ExplanationParams = strict({
  as: Type.Optional(Type.Enum(['letter'], { description: 'A text for the person' })),
  language: Type.Optional(Type.Enum([...PERSON_LANGUAGES], { default: 'en' })),
})

export const Explanations = Type.Object({ data: Type.Array(Explanation) })
