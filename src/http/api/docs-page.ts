/** `/api/docs/`: a page to read the API's description and to send calls, without resources of other hosts. */

import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { UserError } from '../../errors.ts'
import { importInTurns } from '../../imports/import-in-turns.ts'

type File = {
  readonly type: string
  readonly etag: string
  readonly plain: Buffer
  readonly gzip: Buffer
  readonly brotli: Buffer
}
export type OnRequest = (request: FastifyRequest) => Promise<void>
type Page = { readonly files: ReadonlyMap<string, File>; readonly policy: string }

const PREFIX = '/api/docs/'
const SLICE_BYTES = 64 * 1024
/** Level 9 compresses the 4 MB script to 1 MB in about a second. Level 11 would take ten. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }

/** Sends calls of hooks without credentials, so that a function never receives the session of the page's user. */
const WITHOUT_CREDENTIALS = `{
  const send = window.fetch
  window.fetch = (input, init) => {
    const request = new Request(input, init)
    const { pathname } = new URL(request.url)
    return send(pathname.startsWith('/hooks/') ? new Request(request, { credentials: 'omit' }) : request)
  }
}`

/** Without a link, browsers request /favicon.ico, which does not exist. */
const ICON = '<link rel="icon" href="/favicon.svg" type="image/svg+xml">'

export function addDocsPage(app: FastifyInstance, onRequest: readonly OnRequest[]): void {
  let loading: Promise<Page> | null = null
  const route = { onRequest: [...onRequest], schema: { hide: true } }
  app.get('/api/docs', route, async (_request, reply) => reply.redirect(PREFIX, 301))
  app.get('/api/docs/*', route, async (request, reply) => {
    // Loaded and compressed when the page is first opened, because the script has 4 MB.
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

/** A slow client holds only one slice of the shared bytes, and the server sees its progress. */
function* slices(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES)
}

async function loadPage(): Promise<Page> {
  const reader = await createReader()
  try {
    const get = async (path: string) => await reader.inject({ method: 'GET', url: PREFIX + path })
    const page = await get('')
    const html = page.body.replace('</head>', `${ICON}<script>${WITHOUT_CREDENTIALS}</script></head>`)
    const [, script = ''] = /<script src="([^"]+)"/.exec(html) ?? []
    const code = await get(script)
    const files = new Map([
      ['', await toFile('text/html; charset=utf-8', Buffer.from(html))],
      [script, await toFile('text/javascript; charset=utf-8', code.rawPayload)],
    ])
    return { files, policy: policyOf(html) }
  } finally {
    await reader.close()
  }
}

/** Allows inline scripts by their hash, so that no other inline script runs. */
function policyOf(html: string): string {
  const inline = [...html.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    ([, code = '']) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`,
  )
  return [
    "default-src 'self'",
    `script-src 'self' ${inline.join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
  ].join('; ')
}

async function toFile(type: string, plain: Buffer): Promise<File> {
  const [brotli, gzipped] = await Promise.all([promisify(brotliCompress)(plain, BROTLI), promisify(gzip)(plain)])
  const etag = `"${createHash('sha256').update(plain).digest('base64url')}"`
  return { type, etag, plain, gzip: gzipped, brotli }
}

async function createReader(): Promise<FastifyInstance> {
  await importInTurns(import.meta.resolve('@scalar/fastify-api-reference'))
  const { default: fastify } = await import('fastify')
  const { default: reference } = await import('@scalar/fastify-api-reference')
  const reader = fastify()
  await reader.register(reference, {
    routePrefix: '/api/docs',
    configuration: {
      url: '/api/openapi.json',
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
      // Each of these options would send the reader to another host.
      showDeveloperTools: 'never',
      agent: { disabled: true },
      mcp: { disabled: true },
    },
  })
  return reader
}
