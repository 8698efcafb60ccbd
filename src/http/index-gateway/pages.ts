/** Clients must request files from the gateway too. */

import { hash, timingSafeEqual } from 'node:crypto'
import { isObject } from '../../domain/json/is-object.ts'

/** The sandbox's first process forwards this port. */
export const GATEWAY_URL = 'http://127.0.0.1:4402'

/** uv's cache is keyed by these paths: change them with the format of the links. */
export const PAGES = { index: '/simple', links: '/linked' } as const

/**
 * Nearly all links. Parsing URLs took half the time of a page. Numeric hosts, ports and segments with a leading dot
 * have several spellings.
 */
const PLAIN = /^https:\/\/[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+(?:\/[\w~+-][\w.~+-]*)+$/

/** Lifetime without `cache-control`. Python's own index sends this value. */
export const PAGE_FRESH_SECONDS = 600
const MAX_FRESH_SECONDS = 86_400
const MAX_TAG = 10_000

export type Signer = { sign(url: string): string; isSigned(url: string, signature: string): boolean }

/**
 * Keeps build scripts from requesting other addresses. The hash resists length extension and takes 2 µs per link of a
 * page with ten thousand. Node's HMAC takes 70 µs.
 */
export function createSigner(key: Buffer): Signer {
  const prefix = key.toString('base64')
  const sign = (url: string): string => hash('sha512-256', prefix + url, 'base64url').slice(0, 32)
  return {
    sign,
    isSigned(url, signature) {
      const expected = Buffer.from(sign(url))
      const found = Buffer.from(signature)
      return expected.length === found.length && timingSafeEqual(expected, found)
    },
  }
}

export function rewritePage(text: string, isJson: boolean, base: string, signer: Signer): string {
  return isJson ? rewriteJson(text, base, signer) : rewriteHtml(text, base, signer)
}

/** Parsing ten thousand files takes most of a second. In JSON, only a key precedes a colon. */
function rewriteJson(text: string, base: string, signer: Signer): string {
  return text.replaceAll(/("url"\s*:\s*)("(?:[^"\\]|\\.)*")/g, (whole, before: string, quoted: string) => {
    const link = quoted.includes('\\') ? parseText(quoted) : quoted.slice(1, -1)
    if (PLAIN.test(link)) return `${before}"${pathOf(link, link.slice(link.lastIndexOf('/') + 1), signer)}"`
    return URL.canParse(link, base) ? `${before}${JSON.stringify(gatewayUrl(link, base, signer))}` : whole
  })
}

function parseText(quoted: string): string {
  try {
    return String(JSON.parse(quoted))
  } catch {
    return quoted
  }
}

function rewriteHtml(text: string, base: string, signer: Signer): string {
  const tag = /<base\s[^<>]*>/i.exec(text)?.[0].slice(0, MAX_TAG) ?? ''
  const start = /\bhref\s{0,10}=\s{0,10}["']([^"']+)["']/i.exec(tag)?.[1]
  const from = start === undefined ? base : new URL(start, base).href
  return text
    .replaceAll(/<base\s[^<>]*>/gi, '')
    .replaceAll(
      /(<a\s[^<>]*?\bhref\s{0,10}=\s{0,10})("[^"<>]*"|'[^'<>]*')/gi,
      (whole, before: string, quoted: string) => {
        const link = quoted.slice(1, -1).replaceAll('&amp;', '&')
        return URL.canParse(link, from) ? `${before}"${gatewayUrl(link, from, signer)}"` : whole
      },
    )
}

function gatewayUrl(link: string, base: string, signer: Signer): string {
  const url = new URL(link, base)
  const { hash } = url
  url.hash = ''
  return pathOf(url.href, url.pathname.split('/').at(-1) ?? '', signer) + hash
}

/** Clients read versions and tags from the path's end. */
const pathOf = (url: string, name: string, signer: Signer): string =>
  `${GATEWAY_URL}/file/${signer.sign(url)}/${Buffer.from(url).toString('base64url')}/${name}`

export function rewritePackument(text: string, _isJson: boolean, base: string, signer: Signer): string {
  const document: unknown = JSON.parse(text)
  if (!isObject(document) || !isObject(document.versions)) return text
  const versions = Object.entries(document.versions).map(([version, about]) => {
    const dist = isObject(about) && isObject(about.dist) ? about.dist : null
    if (!isObject(about) || typeof dist?.tarball !== 'string' || !URL.canParse(dist.tarball, base))
      return [version, about]
    return [version, { ...about, dist: { ...dist, tarball: gatewayUrl(dist.tarball, base, signer) } }]
  })
  return JSON.stringify({ ...document, versions: Object.fromEntries(versions) })
}

export function freshSeconds(control: string | undefined): number {
  if (control === undefined) return PAGE_FRESH_SECONDS
  if (/\bno-(?:cache|store)\b/i.test(control)) return 0
  const age = /\bmax-age\s*=\s*"?(\d{1,9})/i.exec(control)?.[1]
  return age === undefined ? PAGE_FRESH_SECONDS : Math.min(Number(age), MAX_FRESH_SECONDS)
}

export function versionsOfPage(text: string, name: string): readonly string[] {
  const names = /^\s*\{/.test(text)
    ? filesOfJson(text)
    : [...text.matchAll(/>\s*([^<>\s]+)\s*<\/a>/g)].map((match) => match[1] ?? '')
  const isOfPackage = (file: string) =>
    file
      .replaceAll(/[-_.]+/g, '-')
      .toLowerCase()
      .startsWith(`${name}-`)
  const versions = names.filter(isOfPackage).map((file) => {
    const rest = file.slice(name.length + 1)
    return /\.whl$/.test(rest) ? rest.split('-')[0] : /^(.+)\.(?:tar\.gz|zip|tar\.bz2)$/.exec(rest)?.[1]
  })
  return [...new Set(versions.filter((version) => version !== undefined))]
}

function filesOfJson(text: string): readonly string[] {
  const page: unknown = JSON.parse(text)
  const files = isObject(page) && Array.isArray(page.files) ? page.files.filter(isObject) : []
  const kept = files.filter(({ yanked }) => yanked === undefined || yanked === false)
  return kept.map(({ filename }) => String(filename))
}

/** Returns null for a link of no page. */
export function urlOfPath(path: string, signer: Signer): string | null {
  const [, signature = '', encoded = '', name = ''] = /^\/file\/([^/]+)\/([^/]+)\/([^/?]*)$/.exec(path) ?? []
  const url = Buffer.from(encoded, 'base64url').toString('utf8')
  if (!URL.canParse(url) || !signer.isSigned(url, signature)) return null
  // A wheel's metadata has the wheel's URL plus `.metadata` (PEP 658).
  return name.endsWith('.metadata') && !url.endsWith('.metadata') ? `${url}.metadata` : url
}
