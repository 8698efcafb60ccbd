/** RFC 7240. */

import type { IncomingHttpHeaders } from 'node:http'
import { TOKEN } from '../../domain/shared/headers.ts'
import { LIMITS, type Workflow } from '../../domain/workflows/workflow.ts'

export type Waiting = { readonly waitMs: number | null; readonly applied: string | null }

/** Matching takes quadratic time. */
const MAX_HEADER = 1024
const UNTIL_THE_END: Waiting = { waitMs: null, applied: null }
const WORD = String.raw`(?:${TOKEN}|"(?:[^"\\]|\\.)*")`
const PREFERENCE = new RegExp(
  String.raw`\s*(${TOKEN})(?:\s*=\s*(${WORD})?)?(?:\s*;[^,"]*(?:"(?:[^"\\]|\\.)*"[^,"]*)*)?\s*(?:,|$)`,
  'y',
)

export function readWaiting({ prefer }: IncomingHttpHeaders, { answer }: Pick<Workflow, 'answer'>): Waiting {
  const preset = answer === null ? UNTIL_THE_END : { waitMs: 0, applied: null }
  if (prefer === undefined) return preset
  const preferences = parsePreferences(String(prefer))
  const seconds = readSeconds(preferences.get('wait'))
  const isAsync = preferences.has('respond-async')
  if (seconds === null) return isAsync ? { waitMs: 0, applied: 'respond-async' } : preset
  return { waitMs: seconds * 1000, applied: `${isAsync ? 'respond-async, ' : ''}wait=${seconds}` }
}

export const prefersAsync = ({ prefer }: IncomingHttpHeaders): boolean =>
  prefer !== undefined && parsePreferences(String(prefer)).has('respond-async')

function parsePreferences(header: string): ReadonlyMap<string, string> {
  const preferences = new Map<string, string>()
  if (header.length > MAX_HEADER) return preferences
  PREFERENCE.lastIndex = 0
  while (PREFERENCE.lastIndex < header.length) {
    const match = PREFERENCE.exec(header)
    if (match === null) break
    const name = (match[1] ?? '').toLowerCase()
    if (!preferences.has(name)) preferences.set(name, (match[2] ?? '').replace(/^"(.*)"$/, '$1'))
  }
  return preferences
}

function readSeconds(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Math.min(Number(text), LIMITS.timeoutSeconds.max) : null
}
