/** A large body or a costly schema must not block other requests. */

import {
  assertCompiles,
  compileRequestSchema,
  type Mismatch,
  type SchemaCheck,
} from '../../domain/hooks/request-schema.ts'
import { parseParts } from '../../domain/privacy/multipart.ts'
import { UserError } from '../../errors.ts'

export type Task = {
  readonly schema: string
  readonly contentType: string
  readonly kind: 'json' | 'form' | 'multipart' | 'none'
  readonly body: Uint8Array
}

const MAX_CHECKS = 50
/** A larger body may have a million mismatches. */
const MAX_BYTES_ALL = 256 * 1024

const checks = new Map<string, SchemaCheck>()

export function checkBody({ schema, contentType, kind, body }: Task): readonly Mismatch[] {
  if (kind === 'none') return [{ pointer: '', detail: 'is required: the call has no body' }]
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  return findCheck(schema)(bodyValue(kind, bytes, contentType), body.length <= MAX_BYTES_ALL)
}

export function findProblem({ schema }: Pick<Task, 'schema'>): string | null {
  try {
    assertCompiles(JSON.parse(schema))
    return null
  } catch (error) {
    if (error instanceof UserError) return error.message
    throw error
  }
}

function findCheck(schema: string): SchemaCheck {
  const check = checks.get(schema) ?? compileRequestSchema(JSON.parse(schema))
  checks.delete(schema)
  checks.set(schema, check)
  const [oldest] = checks.keys()
  if (checks.size > MAX_CHECKS && oldest !== undefined) checks.delete(oldest)
  return check
}

function bodyValue(kind: 'json' | 'form' | 'multipart', body: Buffer, contentType: string): unknown {
  if (kind === 'json') return JSON.parse(body.toString('utf8'))
  return kind === 'form' ? objectOf([...new URLSearchParams(body.toString('utf8'))]) : partsOf(body, contentType)
}

function partsOf(body: Buffer, contentType: string): unknown {
  const parts = parseParts(body, contentType) ?? []
  return objectOf(
    parts.map(({ head, name, contentType: content_type, content }) => {
      const isFile = /^content-disposition:[^\r\n\u2028\u2029]*;[ \t]*filename\*?=/im.test(head.toString('utf8'))
      return [name, isFile ? { content_type, size: content.length } : content.toString('utf8')]
    }),
  )
}

/** A repeated name has a list, as in the function's request. */
function objectOf(pairs: readonly (readonly [name: string, value: unknown])[]): unknown {
  const values = new Map<string, unknown[]>()
  for (const [name, value] of pairs) {
    const found = values.get(name)
    if (found === undefined) values.set(name, [value])
    else found.push(value)
  }
  return Object.fromEntries([...values].map(([name, found]) => [name, found.length === 1 ? found[0] : found]))
}
