/** The readers of the bodies of Fastify's routes. Each route knows its principal before any byte of the body is read. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { takeOut } from '../../domain/json/path.ts'
import { assertJsonBody, parseContentType } from './content.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The JSON body as it came, without the opaque value. */
    bodyText: string
    /** The text of the opaque value, byte for byte; null when there is none. */
    opaque: Buffer | null
  }
  interface FastifyContextConfig {
    /**
     * The path to a value that belongs to a user: its text is kept as it came, and it may be large. In the parsed body it is
     * null. 32 MiB of small values took seconds to parse.
     */
    opaque?: readonly string[]
  }
}

/** Values in a body, without the opaque one: 20,000 objects with names of their own take 14 ms to parse. */
const MAX_VALUES = 20_000

/** Makes JSON the only body that the routes of `app` take. `bodyLimit` of each route bounds its bytes. */
export function readJsonOnly(app: FastifyInstance, maxDepth: number): void {
  app.decorateRequest('bodyText', '')
  app.decorateRequest('opaque', null)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    // Refuses other charsets; any other type has no parser here.
    parseContentType(request.headers['content-type'] ?? '')
    if (body.length === 0) return undefined
    const { text, value, opaque } = await openJson(body, maxDepth, request.routeOptions.config.opaque)
    request.bodyText = text
    request.opaque = opaque
    return value
  })
}

/** JSON without its opaque value: the text, what it says, and the text of the opaque value. */
export type OpenedJson = { readonly text: string; readonly value: unknown; readonly opaque: Buffer | null }

/** Parses JSON of bounded depth and number of values. Throws `invalid_body`. */
export async function openJson(body: Buffer, maxDepth: number, path?: readonly string[]): Promise<OpenedJson> {
  await assertJsonBody(body, maxDepth, path === undefined ? MAX_VALUES : Infinity)
  const { rest, taken } = path === undefined ? { rest: body, taken: null } : await takeOut(body, path)
  if (path !== undefined) await assertJsonBody(rest, maxDepth, MAX_VALUES)
  const text = rest.toString('utf8')
  return { text, value: JSON.parse(text), opaque: taken }
}

/** Makes bytes of these types, up to `bodyLimit`, the only body that the routes of `app` take. */
export function readBytesOnly(app: FastifyInstance, types: readonly string[], bodyLimit: number): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    [...types],
    { parseAs: 'buffer', bodyLimit },
    async (_: FastifyRequest, body: Buffer) => body,
  )
}

/** Leaves each body unread. */
export function readNothing(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', async () => undefined)
}
