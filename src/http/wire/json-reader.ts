/** The one reader of the JSON bodies of Fastify's routes: bytes are counted, then depth and values, then the text is parsed. */

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { assertJsonBody, parseContentType } from './content.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The JSON body as it came, for the parts that must not be re-written. */
    bodyText: string
  }
}

export type JsonBounds = {
  /** Objects and arrays inside each other. */
  readonly depth: number
  /** Values of the whole body: 50,000 objects with names of their own take 40 ms to parse. */
  readonly values: number
}

/** Makes JSON within these bounds the only body that the routes of `app` take. `bodyLimit` of each route bounds its bytes. */
export function readJsonOnly(app: FastifyInstance, bounds: JsonBounds): void {
  app.decorateRequest('bodyText', '')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    // Refuses other charsets; any other type has no parser here.
    parseContentType(request.headers['content-type'] ?? '')
    if (body.length === 0) return undefined
    await assertJsonBody(body, bounds.depth, bounds.values)
    request.bodyText = body.toString('utf8')
    return JSON.parse(request.bodyText)
  })
}
