/** Reads the idempotency key of a call. */

import { createHash } from 'node:crypto'
import { type FoundKey, type IdempotencyKey, keyInBody, keyInHeader } from '../../domain/hooks/idempotency.ts'
import { readPath } from '../../domain/json/path.ts'
import type { RunRequest } from '../../domain/run.ts'
import type { Workflow } from '../../domain/workflow.ts'
import { UserError } from '../../errors.ts'
import type { Content } from '../wire/content.ts'

/** Returns null if the workflow uses no keys or the call has none. Throws `bad_request` for an invalid key. */
export async function readIdempotencyKey(
  workflow: Workflow,
  content: Content | null,
  request: RunRequest,
): Promise<IdempotencyKey | null> {
  const found = await findKey(workflow, content, request)
  if ('problem' in found) throw new UserError('bad_request', found.problem)
  if (found.key === null) return null
  return { id: digest(`${workflow.id}\0${found.key}`), body: digest(request.body) }
}

async function findKey({ idempotency }: Workflow, content: Content | null, request: RunRequest): Promise<FoundKey> {
  if (idempotency === null) return { key: null }
  if (idempotency.from === 'header') return keyInHeader(request.headers, idempotency.name)
  const { path } = idempotency
  const json = content?.kind === 'json' ? await readPath(request.body, path.split('.')) : null
  return keyInBody(json, path)
}

const digest = (data: string | Buffer): string => createHash('sha256').update(data).digest('base64url')
