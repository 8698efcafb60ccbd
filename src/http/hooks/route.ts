import { createHash } from 'node:crypto'
import { type IdempotencyKey, type KeySource, keyInBody, keyInHeader } from '../../domain/hooks/idempotency.ts'
import { laneOf } from '../../domain/hooks/lane.ts'
import { readPath } from '../../domain/json/path.ts'
import type { RunRequest } from '../../domain/runs/run.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { UserError } from '../../errors.ts'
import { readWaiting, type Waiting } from '../wire/prefer.ts'
import type { ReceivedCall } from './incoming-call.ts'

export type Route = Waiting & { readonly key: IdempotencyKey | null; readonly lane: string | null }

export async function route(workflow: Workflow, call: ReceivedCall, request: RunRequest): Promise<Route> {
  const isJson = call.fields.content?.kind === 'json'
  const read = (path: string): Promise<string | null> =>
    isJson ? readPath(request.body, path.split('.')) : Promise.resolve(null)
  const key = await readKey(workflow, { headers: request.headers, body: call.fields.body }, read)
  const lane = await laneOf(workflow.lane, request, isJson)
  const { waitMs, applied } = readWaiting(call.headers, workflow)
  return { key, lane, waitMs, applied }
}

type Read = (path: string) => Promise<string | null>

async function readKey(
  { id, idempotency }: Workflow,
  { headers, body }: Pick<RunRequest, 'headers' | 'body'>,
  read: Read,
): Promise<IdempotencyKey | null> {
  if (idempotency === null) return null
  const found = isHeader(idempotency)
    ? keyInHeader(headers, idempotency.name)
    : keyInBody(await read(idempotency.path), idempotency.path)
  if ('problem' in found) throw new UserError('bad_request', found.problem)
  return found.key === null ? null : { id: digest(`${id}\0${found.key}`), body: digest(body) }
}

const isHeader = (source: KeySource): source is Extract<KeySource, { from: 'header' }> => source.from === 'header'

const digest = (data: string | Buffer): string => createHash('sha256').update(data).digest('base64url')
