import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyStatic, { type FastifyStaticOptions } from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { UserError } from '../../errors.ts'
import { sendError } from '../wire/error-handlers.ts'
import type { Refusals } from '../wire/refusals.ts'

/** The component library and the editor create styles. The linter is WebAssembly. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  // Previews of received images and PDF files come from memory.
  "img-src 'self' data: blob:",
  "frame-src 'self' blob:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
} as const

export async function addAppFiles(app: FastifyInstance, webDir: string, refusals: Refusals): Promise<void> {
  const index = join(webDir, 'index.html')
  const built = existsSync(index)
  if (built) {
    await addFiles(app, { root: webDir, wildcard: false, globIgnore: ['assets/**'] }, 'no-cache')
    // One route per method and file (375 files) took a tenth of the server's start.
    const assets = { root: join(webDir, 'assets'), prefix: '/assets/', decorateReply: false }
    // The names of built files contain a hash.
    await addFiles(app, assets, 'public, max-age=31536000, immutable')
  }
  const sendIndex = async (reply: FastifyReply) =>
    reply
      .headers(HEADERS)
      .header('Cache-Control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(await readFile(index))

  app.get('/', { schema: { hide: true } }, async (_request, reply) => {
    if (built) return await sendIndex(reply)
    return reply
      .headers(HEADERS)
      .type('text/plain; charset=utf-8')
      .send('The app is not built. The API works: see /api/docs.\n')
  })
  app.setNotFoundHandler(async (request, reply) => {
    const wantsPage = request.method === 'GET' && /\btext\/html\b/.test(request.headers.accept ?? '')
    if (built && wantsPage && !request.url.startsWith('/api/')) return await sendIndex(reply)
    return sendError(reply, new UserError('not_found', 'There is nothing at this address.'), refusals)
  })
}

async function addFiles(app: FastifyInstance, files: FastifyStaticOptions, caching: string): Promise<void> {
  await app.register(fastifyStatic, {
    ...files,
    index: false,
    preCompressed: true,
    setHeaders(response) {
      for (const [name, value] of Object.entries(HEADERS)) response.header(name, value)
      response.header('Cache-Control', caching)
    },
  })
}
