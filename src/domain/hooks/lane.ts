/** Calls with the same value run one at a time, in order of acceptance. */

import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { UserError } from '../../errors.ts'
import { readPath } from '../json/path.ts'
import type { RunRequest } from '../runs/run.ts'
import { type HeaderPairs, valuesOf } from '../shared/headers.ts'
import { strict, text } from '../shared/schemas.ts'
import { type KeySource, parseKeySource } from './idempotency.ts'

export const LaneSchema = strict(
  {
    from: Type.Enum(['header', 'body']),
    name: Type.Optional(text(100, 'Name of the header')),
    path: Type.Optional(text(200, 'Path in a JSON body, such as candidate.id')),
  },
  { description: 'Runs whose value there is equal run one at a time, in order; null: runs do not wait for each other' },
)

/** Throws `bad_request` for a location in which no call can have a value. */
export function parseLane(sent: Static<typeof LaneSchema> | null): KeySource | null {
  if (sent?.from === 'header' && sent.name === undefined) {
    throw new UserError('bad_request', 'lane.name: expected the name of a header, found none.')
  }
  try {
    return parseKeySource(sent)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new UserError(error.code, error.message.replaceAll('idempotency', 'lane'))
  }
}

/** Null: no header. All values of a repeated header count. */
function laneInHeader(headers: HeaderPairs, name: string): string | null {
  const values = valuesOf(headers, name).map((value) => value.trim())
  return values.length === 0 ? null : values.join(', ')
}

function laneInBody(json: string | null): string | null {
  if (json === null || json === 'null') return null
  return json.startsWith('"') ? String(JSON.parse(json)) : json
}

/** Returns a digest. `isJson`: the body's type is JSON. */
export async function laneOf(
  lane: KeySource | null,
  { headers, body }: Pick<RunRequest, 'headers' | 'body'>,
  isJson: boolean,
): Promise<string | null> {
  if (lane === null) return null
  const inBody = async (path: string) => laneInBody(isJson ? await readPath(body, path.split('.')) : null)
  const value = lane.from === 'header' ? laneInHeader(headers, lane.name) : await inBody(lane.path)
  return value === null ? null : createHash('sha256').update(value).digest('base64url')
}
