/** What a catch workflow's caller is told. The function's own types were judged in the sandbox; this is about HTTP. */

import type { HeaderPairs } from './headers.ts'
import { MAX_LABEL, type RunResponse, type Warning } from './run.ts'

/** The platform's own, and what would let a function break the framing of the answer. */
const DROPPED = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'date',
  'server',
  'workflow-run',
  'x-content-type-options',
  'strict-transport-security',
  'alt-svc',
])
/** These reach beyond the answer into the origin, which hooks share with the app by default. */
const DROPPED_ON_SHARED_ORIGIN = new Set(['set-cookie', 'clear-site-data', 'content-security-policy'])
/** Names the run in lists; the caller does not get it. */
const LABEL_HEADER = 'workflow-label'
const WITHOUT_BODY = new Set([204, 205, 304])

/**
 * The answer as it will be sent: headers that are not the function's to set are left out, a status that
 * has no body loses it, and of names that differ in case the last one stays. Each of these is a warning.
 */
export function cleanResponse(
  response: RunResponse,
  { ownOrigin }: { readonly ownOrigin: boolean },
): { response: RunResponse; label: string | null; warnings: Warning[] } {
  const warnings: Warning[] = []
  const isLabel = ([name]: readonly [string, string]) => name.toLowerCase() === LABEL_HEADER
  const label = response.headers.find(isLabel)?.[1].trim().slice(0, MAX_LABEL) || null
  const own = response.headers.filter((pair) => !isLabel(pair))
  const headers = withoutCaseTwins(dropHeaders(own, ownOrigin, warnings), warnings)
  const bodiless = WITHOUT_BODY.has(response.status) && response.body !== ''
  if (bodiless) {
    warnings.push({ code: 'body_dropped', message: `A ${response.status} has no body: the function's was not sent.` })
  }
  return { response: { status: response.status, headers, body: bodiless ? '' : response.body }, label, warnings }
}

function dropHeaders(headers: HeaderPairs, ownOrigin: boolean, warnings: Warning[]): HeaderPairs {
  return headers.filter(([name]) => {
    const lower = name.toLowerCase()
    const shared = !ownOrigin && DROPPED_ON_SHARED_ORIGIN.has(lower)
    if (!shared && !DROPPED.has(lower)) return true
    const why = shared ? 'hooks share the origin of the app' : 'the platform sets it'
    warnings.push({ code: 'header_dropped', key: name, message: `The header ${name} was dropped: ${why}.` })
    return false
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
