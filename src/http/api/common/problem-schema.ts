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

const problem = { description: 'A problem', content: { 'application/problem+json': { schema: Problem } } }
const problems = { '4xx': problem, '5xx': problem }

/** A route's documented answers: the good one, with its status or statuses, and problems for the rest. */
export const documentedResponses = (
  status: number | readonly number[],
  schema: TSchema,
): Readonly<Record<string, unknown>> => ({
  ...Object.fromEntries([status].flat().map((one) => [one, schema])),
  ...problems,
})

/** The same for a call that also streams: `events` is what each event holds, in answer to `Accept: text/event-stream`. */
export const documentedStream = (events: TSchema, schema?: TSchema): Readonly<Record<string, unknown>> => ({
  200: {
    description: schema === undefined ? 'Server-sent events' : 'JSON, or server-sent events',
    content: {
      ...(schema === undefined ? {} : { 'application/json': { schema } }),
      'text/event-stream': { schema: events },
    },
  },
  ...problems,
})
