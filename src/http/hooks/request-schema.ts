import type { Mismatch, RequestSchema } from '../../domain/hooks/request-schema.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { reasonOf, UserError } from '../../errors.ts'
import { createFairThreads } from '../../workers/threads/fair-threads.ts'
import type { Fields } from './incoming-call.ts'
import type { Task } from './request-schema-thread.ts'

export type RequestSchemas = {
  /** Throws `invalid_body` with JSON Pointers, or `unavailable` after a timeout. */
  assertMatches(workflow: Pick<Workflow, 'id' | 'requestSchema'>, fields: Fields): Promise<void>
  assertCompiles(schema: RequestSchema, owner: string): Promise<void>
  close(): Promise<void>
}

/** 32 MiB with a million items took 0.9 s. */
const MAX_CHECK_MS = 10_000

export function createRequestSchemas(): RequestSchemas {
  const options = { module: new URL('./request-schema-thread.ts', import.meta.url), maxRunMs: MAX_CHECK_MS }
  const threads = createFairThreads<Task | Pick<Task, 'schema'>, unknown>(options)
  return {
    async assertMatches({ id, requestSchema }, { content, contentType, body }) {
      if (requestSchema === null) return
      const task = { schema: JSON.stringify(requestSchema), contentType, kind: content?.kind ?? 'none', body } as const
      const found = await threads.run({ owner: id, does: 'checkBody', task }).catch((error: unknown) => {
        throw notChecked(error)
      })
      const errors = found as readonly Mismatch[]
      if (errors.length > 0) throw new UserError('invalid_body', describe(errors), { errors })
    },
    async assertCompiles(schema, owner) {
      const work = { owner, does: 'findProblem', task: { schema: JSON.stringify(schema) } }
      const problem = await threads.run(work).catch((error: unknown) => {
        const detail = 'request_schema: it could not be compiled in time. Send a simpler schema.'
        throw new UserError('bad_request', detail, {}, error)
      })
      if (typeof problem === 'string') throw new UserError('bad_request', problem)
    },
    close: () => threads.close(),
  }
}

function notChecked(error: unknown): UserError {
  const why = reasonOf(error)
  return new UserError(
    'unavailable',
    'The body could not be checked against request_schema in time. Call again later.',
    { retryAfterSeconds: 10 },
    new Error(why),
  )
}

function describe(errors: readonly Mismatch[]): string {
  const [first, ...others] = errors.map(({ pointer, detail }) => `${pointer === '' ? 'the body' : pointer} ${detail}`)
  const more = others.length === 0 ? '' : `, and ${others.length} more`
  return `The body does not match request_schema: ${first}${more}.`
}
