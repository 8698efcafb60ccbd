/** The request of a run that a person starts: built from JSON, and checked as a call of the hook is. */

import type { Static } from 'typebox'
import type { HeaderPairs } from '../../../domain/headers.ts'
import { HEADER_NAME } from '../../../domain/headers.ts'
import { readPath } from '../../../domain/json/path.ts'
import type { RunRequest } from '../../../domain/run.ts'
import type { Workflow } from '../../../domain/workflow.ts'
import { UserError } from '../../../errors.ts'
import { assertBody, parseContentType } from '../../wire/content.ts'
import type { RunCreate } from './schemas.ts'

type Given = NonNullable<Static<typeof RunCreate>['request']>

/** `text` is the JSON that held `given`. The body is taken from its member at `path` byte for byte. */
export async function readManualRequest(
  workflow: Workflow,
  given: Given | null,
  text: string,
  path: readonly string[] = ['body'],
): Promise<RunRequest | null> {
  if (workflow.kind === 'pull') {
    if (given === null) return null
    throw new UserError('bad_request', 'request: expected none, a pull workflow takes no request.')
  }
  const { headers = {}, query = {}, body, body_encoding = 'utf8' } = given ?? {}
  const pairs = readHeaders(headers)
  const bytes = body_encoding === 'base64' ? readBase64(body) : await readBodyBytes(body, text, path)
  checkSize(bytes, workflow)
  const withType = await addContentType(pairs, bytes, typeof body === 'string')
  const search = typeof query === 'string' ? query.replace(/^\?/, '') : readQuery(query)
  const url = `/hooks/${workflow.hookKey ?? ''}${search === '' ? '' : `?${search}`}`
  return { method: 'POST', url, query: search, headers: withType, body: bytes }
}

function readHeaders(headers: NonNullable<Given['headers']>): HeaderPairs {
  const pairs: HeaderPairs = Array.isArray(headers)
    ? headers.map(([name = '', value = '']) => [name, value] as const)
    : Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => [name, one] as const))
  for (const [name, value] of pairs) {
    if (!HEADER_NAME.test(name))
      throw new UserError('bad_request', `request.headers: ${JSON.stringify(name)} is no name of a header.`)
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new UserError('bad_request', `request.headers.${name}: expected a value of one line of Latin-1 text.`)
    }
  }
  return pairs
}

async function readBodyBytes(body: unknown, text: string, path: readonly string[]): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0)
  if (typeof body !== 'string') return Buffer.from((await readPath(Buffer.from(text), path)) ?? '')
  if (!body.isWellFormed())
    throw new UserError('bad_request', 'request.body: expected Unicode text, found a lone surrogate.')
  return Buffer.from(body)
}

function readBase64(body: unknown): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'base64') : null
  // Node skips what is not of the alphabet: only text that comes out again as it went in was base64.
  if (bytes === null || bytes.toString('base64') !== body) {
    throw new UserError('bad_request', 'request.body: expected base64 with padding, as body_encoding says.')
  }
  return bytes
}

function checkSize({ length }: Buffer, { bodyLimitBytes }: Workflow): void {
  if (length <= bodyLimitBytes) return
  throw new UserError('payload_too_large', `request.body: expected at most ${bodyLimitBytes} bytes, found ${length}.`)
}

/** The pairs with a content type, which a body that is not empty needs; throws what a hook would answer. */
async function addContentType(pairs: HeaderPairs, body: Buffer, isText: boolean): Promise<HeaderPairs> {
  const given = pairs.find(([name]) => name.toLowerCase() === 'content-type')?.[1]
  if (given !== undefined) {
    await assertBody(parseContentType(given), body)
    return pairs
  }
  if (body.length === 0) return pairs
  try {
    await assertBody({ kind: 'json' }, body)
  } catch (error) {
    if (!isText || !(error instanceof UserError)) throw error
    throw new UserError('bad_request', 'request.body: text that is no JSON needs a Content-Type in request.headers.')
  }
  return [...pairs, ['Content-Type', 'application/json']]
}

function readQuery(query: Exclude<NonNullable<Given['query']>, string>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) for (const one of [value].flat()) search.append(name, one)
  return search.toString()
}
