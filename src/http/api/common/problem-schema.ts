import { type TSchema, Type } from 'typebox'

export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    run_id: Type.Optional(Type.String()),
    trial_id: Type.Optional(Type.String({ description: 'The trial that refused a deployment' })),
    by: Type.Optional(Type.Object({ id: Type.String(), name: Type.String() }, { description: 'Who answered a task' })),
    at: Type.Optional(Type.String({ description: 'When the task was answered' })),
    pairs: Type.Optional(
      Type.Array(
        Type.Object({
          path: Type.String({ description: 'A JSON Pointer into the fields of the request' }),
          values: Type.Array(Type.Unknown()),
        }),
        { description: 'Pairs of requests with different outcomes, which refused a deployment' },
      ),
    ),
    revision: Type.Optional(Type.Integer()),
    line: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
    file: Type.Optional(Type.String({ description: 'The module that `line` is in; without it, the source' })),
    errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }))),
  },
  { description: 'RFC 9457' },
)

const problem = { description: 'A problem', content: { 'application/problem+json': { schema: Problem } } }
export const PROBLEMS = { '4xx': problem, '5xx': problem }

export const documentedStream = <T extends TSchema = never>(events: TSchema, schema?: T) =>
  ({
    200: {
      description: schema === undefined ? 'Server-sent events' : 'JSON, or server-sent events',
      content: {
        ...(schema === undefined ? {} : { 'application/json': { schema } }),
        'text/event-stream': { schema: events },
      },
    },
  }) as unknown as { readonly 200: T }

export const documentedFiles = (description: string, content: Readonly<Record<string, { schema: TSchema }>>) =>
  ({ 200: { description, content } }) as unknown as Readonly<Record<never, TSchema>>
