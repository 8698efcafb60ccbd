import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply } from 'fastify'

const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
} as const

/** Set-up builds the pages while the server runs. */
export async function addDocumentation(app: FastifyInstance, docsDir: string): Promise<void> {
  const assets = join(docsDir, 'assets') + sep
  let policy: string | null = null
  app.get('/docs', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs/', 301))
  await app.register(
    async (docs) => {
      await docs.register(fastifyStatic, {
        root: docsDir,
        prefix: '/',
        decorateReply: false,
        extensions: ['html'],
        preCompressed: true,
        suppressWarning: true,
        schemaHide: true,
        setHeaders(response, path) {
          policy ??= policyFor(readPage(docsDir, 'index.html') ?? '')
          for (const [name, value] of Object.entries(HEADERS)) response.header(name, value)
          response.header('Content-Security-Policy', policy)
          // The names of assets contain a hash.
          response.header('Cache-Control', path.startsWith(assets) ? 'public, max-age=31536000, immutable' : 'no-cache')
        },
      })
      docs.setNotFoundHandler(async (_request, reply) => sendNotFound(reply, readPage(docsDir, '404.html')))
    },
    { prefix: '/docs' },
  )
}

function sendNotFound(reply: FastifyReply, page: string | null): FastifyReply {
  reply.headers({ ...HEADERS, 'Cache-Control': 'no-cache', 'Content-Security-Policy': policyFor(page ?? '') })
  if (page !== null) return reply.code(404).type('text/html; charset=utf-8').send(page)
  return reply
    .code(404)
    .type('text/plain; charset=utf-8')
    .send(
      'The documentation is not built yet. npm start builds it in the background; npm run docs:build builds it now.\n',
    )
}

function readPage(docsDir: string, name: string): string | null {
  try {
    return readFileSync(join(docsDir, name), 'utf8')
  } catch {
    return null
  }
}

/** All pages of a build have the same inline scripts. */
function policyFor(page: string): string {
  const scripts = [...page.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g)]
  const hashes = scripts.map(([, code = '']) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`)
  return [
    "default-src 'self'",
    ["script-src 'self'", ...hashes].join(' '),
    // Highlighted code has a style attribute for each word.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
