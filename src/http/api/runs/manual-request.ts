import type { Static } from 'typebox'
import { decodeBase64 } from '../../../domain/json/base64.ts'
import { decodeText } from '../../../domain/json/text.ts'
import { pairsOf, queryOf } from '../../../domain/runs/made-request.ts'
import type { RunRequest } from '../../../domain/runs/run.ts'
import { type HeaderPairs, valuesOf } from '../../../domain/shared/headers.ts'
import type { Workflow } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import { assertBody, GET_WITH_BODY, parseContentType } from '../../wire/content.ts'
import type { RunCreate } from './schemas.ts'

const QUOTE = 0x22

type Given = NonNullable<Static<typeof RunCreate>['request']>

export async function readManualRequest(
  workflow: Workflow,
  given: Given | null,
  body: Buffer | null,
): Promise<RunRequest | null> {
  if (workflow.kind === 'pull') {
    if (given === null) return null
    throw new UserError('bad_request', 'request: expected none, a pull workflow takes no request.')
  }
  const { method = 'POST', headers = {}, query = {}, body_encoding = 'utf8' } = given ?? {}
  const pairs = pairsOf(headers)
  const isText = body?.[0] === QUOTE
  const written = body === null ? Buffer.alloc(0) : isText ? await readText(body) : body
  const bytes = body_encoding === 'base64' ? await readBase64(isText ? written : null) : written
  checkSize(bytes, workflow)
  const search = queryOf(query)
  const url = `/hooks/${workflow.hookKey ?? ''}${search === '' ? '' : `?${search}`}`
  if (method === 'GET') await assertGet(search, bytes)
  const withType = method === 'GET' ? pairs : await addContentType(pairs, bytes, isText)
  return { method, url, query: search, headers: withType, body: bytes }
}

async function assertGet(query: string, body: Buffer): Promise<void> {
  if (body.length > 0) throw new UserError('bad_request', `request.body: ${GET_WITH_BODY}`)
  await assertBody({ kind: 'form' }, Buffer.from(query))
}

async function readText(json: Buffer): Promise<Buffer> {
  const text = await decodeText(json)
  if (text !== null) return text
  throw new UserError('bad_request', 'request.body: expected Unicode text, found a lone surrogate.')
}

async function readBase64(text: Buffer | null): Promise<Buffer> {
  const bytes = text && (await decodeBase64(text))
  if (bytes !== null) return bytes
  throw new UserError('bad_request', 'request.body: expected base64 with padding, as body_encoding says.')
}

function checkSize({ length }: Buffer, { bodyLimitBytes }: Workflow): void {
  if (length <= bodyLimitBytes) return
  throw new UserError('payload_too_large', `request.body: expected at most ${bodyLimitBytes} bytes, found ${length}.`)
}

async function addContentType(pairs: HeaderPairs, body: Buffer, isText: boolean): Promise<HeaderPairs> {
  const [given] = valuesOf(pairs, 'content-type')
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
