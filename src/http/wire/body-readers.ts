import type { FastifyInstance, FastifyRequest } from 'fastify'
import { takeOut } from '../../domain/json/path.ts'
import { assertJsonBody, assertUncompressed, parseContentType } from './content.ts'

declare module 'fastify' {
  interface FastifyRequest {
    bodyText: string
    opaque: Buffer | null
  }
  interface FastifyContextConfig {
    /**
     * Path to a large user value that stays text and is null in the parsed body. Parsing 32 MiB of small values took
     * seconds.
     */
    opaque?: readonly string[]
  }
}

/** Values outside the opaque one. 20,000 objects with different keys take 14 ms to parse. */
const MAX_VALUES = 20_000

export function readJsonOnly(app: FastifyInstance, maxDepth: number): void {
  app.decorateRequest('bodyText', '')
  app.decorateRequest('opaque', null)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: FastifyRequest, body: Buffer) => {
    assertUncompressed(request.headers)
    // Refuses other charsets.
    parseContentType(request.headers['content-type'] ?? '')
    if (body.length === 0) return undefined
    const { text, value, opaque } = await openJson(body, maxDepth, request.routeOptions.config.opaque)
    request.bodyText = text
    request.opaque = opaque
    return value
  })
}

export type OpenedJson = { readonly text: string; readonly value: unknown; readonly opaque: Buffer | null }

export async function openJson(body: Buffer, maxDepth: number, path?: readonly string[]): Promise<OpenedJson> {
  await assertJsonBody(body, maxDepth, path === undefined ? MAX_VALUES : Infinity)
  const { rest, taken } = path === undefined ? { rest: body, taken: null } : await takeOut(body, path)
  if (path !== undefined) await assertJsonBody(rest, maxDepth, MAX_VALUES)
  const text = rest.toString('utf8')
  return { text, value: JSON.parse(text), opaque: taken }
}

export function readBytesOnly(app: FastifyInstance, types: readonly string[], bodyLimit: number): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    [...types],
    { parseAs: 'buffer', bodyLimit },
    async ({ headers }: FastifyRequest, body: Buffer) => {
      assertUncompressed(headers)
      return body
    },
  )
}

export function readNothing(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', async () => undefined)
}
