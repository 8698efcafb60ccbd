/** The shape of every error of the API. */

import { type TSchema, Type } from 'typebox'

export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    run_id: Type.Optional(Type.String()),
    revision: Type.Optional(Type.Integer()),
    line: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  },
  { description: 'RFC 9457' },
)

/** A route's documented answers: the good one, with its status or statuses, and problems for the rest. */
export const documentedResponses = (
  status: number | readonly number[],
  schema: TSchema,
): Readonly<Record<string, unknown>> => ({
  ...Object.fromEntries([status].flat().map((one) => [one, schema])),
  '4xx': problem,
  '5xx': problem,
})

const problem = { description: 'A problem', content: { 'application/problem+json': { schema: Problem } } }
