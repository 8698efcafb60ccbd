import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { UserError } from '../../errors.ts'
import { openThreads } from '../../threads.ts'
import type { File, Page } from './docs-files.ts'

export type OnRequest = (request: FastifyRequest) => Promise<void>

const PREFIX = '/api/docs/'
const SLICE_BYTES = 64 * 1024

export function addDocsPage(app: FastifyInstance, onRequest: readonly OnRequest[]): void {
  let loading: Promise<Page> | null = null
  const route = { onRequest: [...onRequest], schema: { hide: true } }
  app.get('/api/docs', route, async (_request, reply) => reply.redirect(PREFIX, 301))
  app.get('/api/docs/*', route, async (request, reply) => {
    loading ??= loadPage().catch((error: unknown) => {
      loading = null
      throw error
    })
    const { files, policy } = await loading
    const path = new URL(request.url, 'http://localhost').pathname.slice(PREFIX.length)
    const file = files.get(path)
    if (file === undefined) throw new UserError('not_found', 'There is nothing at this address.')
    return sendFile(request, reply.header('Content-Security-Policy', policy), file)
  })
}

function sendFile({ headers }: FastifyRequest, reply: FastifyReply, file: File): FastifyReply {
  reply.headers({
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-cache',
    Vary: 'Accept-Encoding',
    ETag: file.etag,
  })
  if (headers['if-none-match'] === file.etag) return reply.code(304).send()
  const accepted = String(headers['accept-encoding'] ?? '')
  const encoding = /\bbr\b/.test(accepted) ? 'br' : /\bgzip\b/.test(accepted) ? 'gzip' : null
  if (encoding !== null) reply.header('Content-Encoding', encoding)
  const bytes = encoding === 'br' ? file.brotli : encoding === 'gzip' ? file.gzip : file.plain
  return reply
    .type(file.type)
    .header('Content-Length', bytes.length)
    .send(Readable.from(slices(bytes)))
}

/** A slow client holds only one slice. */
function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES)
}

/** The library and its 4 MB script would block the loop for 100 ms. */
async function loadPage(): Promise<Page> {
  const module = new URL('./docs-files.ts', import.meta.url)
  const thread = openThreads<typeof PREFIX, Page>({ module, maxThreads: 1 })
  return await thread.run(PREFIX, { name: 'loadFiles' }).finally(() => thread.destroy())
}
