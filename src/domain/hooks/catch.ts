/** The sandbox has checked the types. */

import { MAX_LABEL, type RunResponse, type Warning } from '../runs/run.ts'
import type { HeaderPairs } from '../shared/headers.ts'
import { validateResponseHeader } from './response-headers.ts'

const LABEL_HEADER = 'workflow-label'
const COOKIE_DOMAIN = /;\s*domain\s*(?:=|;|$)/i
const COOKIE_DOMAIN_ALL = /;\s*domain\s*(?:=[^;]*)?(?=;|$)/gi
const WITHOUT_BODY = new Set([204, 205, 304])

/** Drops headers that a function may not set, the body of a bodiless status, and all but the last of equal headers. */
export function cleanResponse(
  response: RunResponse,
  { ownOrigin }: { readonly ownOrigin: boolean },
): { response: RunResponse; label: string | null; warnings: Warning[] } {
  const warnings: Warning[] = []
  const isLabel = ([name]: readonly [string, string]) => name.toLowerCase() === LABEL_HEADER
  const label = response.headers.find(isLabel)?.[1].trim().slice(0, MAX_LABEL) || null
  const own = response.headers.filter((pair) => !isLabel(pair))
  const headers = dropCookieDomains(withoutCaseTwins(dropHeaders(own, ownOrigin, warnings), warnings), warnings)
  const bodiless = WITHOUT_BODY.has(response.status) && response.body !== ''
  if (bodiless) {
    warnings.push({ code: 'body_dropped', message: `A ${response.status} has no body: the function's was not sent.` })
  }
  return { response: { status: response.status, headers, body: bodiless ? '' : response.body }, label, warnings }
}

function dropHeaders(headers: HeaderPairs, ownOrigin: boolean, warnings: Warning[]): HeaderPairs {
  return headers.filter(([name]) => {
    const reason = validateResponseHeader(name, { ownOrigin })
    if (reason === null) return true
    warnings.push({ code: 'header_dropped', key: name, message: `The header ${name} was dropped: ${reason}.` })
    return false
  })
}

/** A cookie with a Domain also reaches sibling hosts, such as the app's. */
function dropCookieDomains(headers: HeaderPairs, warnings: Warning[]): HeaderPairs {
  return headers.map(([name, value]) => {
    if (name.toLowerCase() !== 'set-cookie' || !COOKIE_DOMAIN.test(value)) return [name, value]
    const message = 'The Domain of a cookie was dropped: a function may set cookies of its own host only.'
    warnings.push({ code: 'cookie_domain_dropped', key: name, message })
    return [name, value.replace(COOKIE_DOMAIN_ALL, '')]
  })
}

function withoutCaseTwins(headers: HeaderPairs, warnings: Warning[]): HeaderPairs {
  const spelling = new Map(headers.map(([name]) => [name.toLowerCase(), name]))
  return headers.filter(([name]) => {
    if (spelling.get(name.toLowerCase()) === name) return true
    const message = `The header ${name} was dropped: ${spelling.get(name.toLowerCase())} comes later.`
    warnings.push({ code: 'header_dropped', key: name, message })
    return false
  })
}
