import { type Static, Type } from 'typebox'
import { UserError } from '../../errors.ts'
import { TOKEN } from '../shared/headers.ts'

export type Acknowledgement = {
  readonly mode: 'async'
  readonly status_code: number
  /** Null: a small JSON object with the run and its result's URL. */
  readonly body: string | null
  readonly content_type: string | null
}

const ACKNOWLEDGEMENT_LIMITS = { bodyLength: 65_536, typeLength: 200 } as const

const MEDIA_TYPE = new RegExp(String.raw`^${TOKEN}/${TOKEN}(?:[ \t]*;[\x20-\x7e]*)?$`)

export const AcknowledgementSchema = Type.Object(
  {
    mode: Type.Enum(['async']),
    status_code: Type.Optional(Type.Integer({ minimum: 200, maximum: 299, default: 202 })),
    body: Type.Optional(Type.Union([Type.String({ maxLength: ACKNOWLEDGEMENT_LIMITS.bodyLength }), Type.Null()])),
    content_type: Type.Optional(
      Type.Union([Type.String({ maxLength: ACKNOWLEDGEMENT_LIMITS.typeLength }), Type.Null()]),
    ),
  },
  {
    additionalProperties: false,
    description: "What a call is told at once, without waiting for the function's answer; null: calls wait",
  },
)

export const ShownAcknowledgementSchema = Type.Object({
  mode: Type.Enum(['async']),
  status_code: Type.Integer(),
  body: Type.Union([Type.String(), Type.Null()]),
  content_type: Type.Union([Type.String(), Type.Null()]),
})

export function parseAcknowledgement(sent: Static<typeof AcknowledgementSchema> | null): Acknowledgement | null {
  if (sent === null) return null
  const { mode, status_code = 202, body = null, content_type = null } = sent
  const answer = { mode, status_code, body, content_type }
  const problem = validateAcknowledgement(answer)
  if (problem !== null) throw new UserError('bad_request', `${problem}.`)
  return answer
}

function validateAcknowledgement({ content_type }: Acknowledgement): string | null {
  if (content_type === null || MEDIA_TYPE.test(content_type)) return null
  return `answer.content_type: expected a media type such as application/json, found ${JSON.stringify(content_type)}`
}
