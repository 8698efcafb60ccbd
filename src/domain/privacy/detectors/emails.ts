import type { Sample, Span } from './candidates.ts'

const MAX_LOCAL = 64
const MAX_DOMAIN = 253
const LOCAL = /[\p{L}\p{M}\p{N}.&'+_~%-]/u
const LOCAL_EDGE = /[\p{L}\p{M}\p{N}_+]/u
const DOMAIN = /[\p{L}\p{M}\p{N}.-]/u
const AT = /@|%40/g
const TOP_LEVEL = /^(?:\p{L}[\p{L}\p{M}]+|xn--[a-z0-9-]+)$/iu
/** Package and image names have versions after an `@`: `1.2.3-rc.one`, `2x.png`. */
const VERSION = /^v?\d+(?:\.\d+[.-]|x\.)/i
/** `report@final.pdf` is a file. No extension is a top-level domain. */
const FILE =
  /^(?:png|jpe?g|gif|webp|avif|svg|ico|pdf|docx?|xlsx?|csv|txt|html?|css|[cm]?jsx?|[cm]?tsx?|json|ya?ml|toml)$/i

/** Searches from each `@`. A pattern that begins with the local part reads base64 64 times. */
export function findEmails({ text }: Sample): readonly Span[] {
  const spans: Span[] = []
  for (const { index: at, 0: sign } of text.matchAll(AT)) {
    const start = localStart(text, at)
    const end = domainEnd(text, at + sign.length)
    const isAddress = start < at && end !== null && text.slice(start, at) !== 'git'
    if (isAddress) spans.push({ start, end })
  }
  return spans
}

function localStart(text: string, at: number): number {
  if (text[at - 1] === '"') return quotedStart(text, at)
  let start = at
  while (start > 0 && at - start < MAX_LOCAL && LOCAL.test(text[start - 1] ?? '')) start -= 1
  while (start < at && !LOCAL_EDGE.test(text[start] ?? '')) start += 1
  return start
}

function quotedStart(text: string, at: number): number {
  const before = text.slice(Math.max(0, at - MAX_LOCAL), at - 1)
  const quote = before.lastIndexOf('"')
  return quote < 0 ? at : at - 1 - (before.length - quote)
}

function domainEnd(text: string, from: number): number | null {
  let end = from
  while (end < text.length && end - from <= MAX_DOMAIN && DOMAIN.test(text[end] ?? '')) end += 1
  const [domain = ''] = text.slice(from, end).split(/\.[.-]|-\./, 1)
  if (VERSION.test(domain) || domain.startsWith('.')) return null
  const labels = domain.replace(/[.-]+$/, '').split('.')
  while (labels.length > 1 && !isTopLevel(labels.at(-1) ?? '')) labels.pop()
  return labels.length > 1 ? from + labels.join('.').length : null
}

const isTopLevel = (label: string): boolean => TOP_LEVEL.test(label) && !FILE.test(label)
