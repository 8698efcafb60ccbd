/** A thread loads this module. */

import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import reference from '@scalar/fastify-api-reference'
import fastify, { type FastifyInstance } from 'fastify'

export type File = {
  readonly type: string
  readonly etag: string
  readonly plain: Uint8Array
  readonly gzip: Uint8Array
  readonly brotli: Uint8Array
}
export type Page = { readonly files: ReadonlyMap<string, File>; readonly policy: string }

/** Level 9 compresses 4 MB to 1 MB in a second. Level 11 takes ten. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }

/** A function must never receive the user's session. */
const WITHOUT_CREDENTIALS = `{
  const send = window.fetch
  window.fetch = (input, init) => {
    const request = new Request(input, init)
    const { pathname } = new URL(request.url)
    return send(pathname.startsWith('/hooks/') ? new Request(request, { credentials: 'omit' }) : request)
  }
}`

/** Without a link, browsers request the missing /favicon.ico. */
const ICON = '<link rel="icon" href="/favicon.svg" type="image/svg+xml">'

const BACK = '<nav style="padding:8px 16px;font:14px system-ui,sans-serif"><a href="/">← Workflows</a></nav>'

export async function loadFiles(prefix: `/${string}`): Promise<Page> {
  const reader = await createReader(prefix)
  try {
    const get = async (path: string) => await reader.inject({ method: 'GET', url: prefix + path })
    const page = await get('')
    const html = page.body
      .replace('</head>', `${ICON}<script>${WITHOUT_CREDENTIALS}</script></head>`)
      .replace(/<body[^>]*>/, `$&${BACK}`)
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

async function createReader(prefix: `/${string}`): Promise<FastifyInstance> {
  const reader = fastify()
  await reader.register(reference, {
    routePrefix: prefix,
    configuration: {
      url: '/api/openapi.json',
      withDefaultFonts: false,
      telemetry: false,
      hideClientButton: true,
      // Each option would send the reader to another host.
      showDeveloperTools: 'never',
      agent: { disabled: true },
      mcp: { disabled: true },
    },
  })
  return reader
}
