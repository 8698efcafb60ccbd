import { type Static, Type } from 'typebox'
import { UserError } from '../../errors.ts'
import { TOKEN } from '../shared/headers.ts'
import { nullable, type Shape, strict, text } from '../shared/schemas.ts'

const MAX_BODY = 65_536
const MAX_TYPE = 200

const MEDIA_TYPE = new RegExp(String.raw`^${TOKEN}/${TOKEN}(?:[ \t]*;[\x20-\x7e]*)?$`)

export const AcknowledgementSchema = strict(
  {
    mode: Type.Enum(['async']),
    status_code: Type.Optional(Type.Integer({ minimum: 200, maximum: 299, default: 202 })),
    body: Type.Optional(nullable(text(MAX_BODY))),
    content_type: Type.Optional(nullable(text(MAX_TYPE))),
  },
  { description: "What a call is told at once, without waiting for the function's answer; null: calls wait" },
)

/** Without a body: a small JSON object with the run and its result's URL. */
export const ShownAcknowledgementSchema = Type.Object({
  mode: Type.Enum(['async']),
  status_code: Type.Integer(),
  body: nullable(Type.String()),
  content_type: nullable(Type.String()),
})
export type Acknowledgement = Shape<typeof ShownAcknowledgementSchema>

export function parseAcknowledgement(sent: Static<typeof AcknowledgementSchema> | null): Acknowledgement | null {
  if (sent === null) return null
  const { mode, status_code = 202, body = null, content_type = null } = sent
  if (content_type !== null && !MEDIA_TYPE.test(content_type))
    throw new UserError(
      'bad_request',
      `answer.content_type: expected a media type such as application/json, found ${JSON.stringify(content_type)}.`,
    )
  return { mode, status_code, body, content_type }
}
