import { redactCalls } from '../runs/outgoing.ts'
import type { Outcome, RunRequest, RunResponse } from '../runs/run.ts'
import { contentTypeOf, type HeaderPairs } from '../shared/headers.ts'
import { type BodyRules, findBodyValues, redactBody } from './body.ts'
import type { DetectBudget } from './detectors/candidates.ts'
import { detect, newBudget } from './detectors/detect.ts'
import { findFormValues, redactForm } from './form.ts'
import { HASH, hashText, identityOf } from './identity.ts'
import { type PathRule, rulesFor } from './json.ts'
import { type Method, PLACES, type Place, type PrivacyPath, type PrivacyPolicy, parsePath } from './policy.ts'
import { MASK, redactText, replacement, type TextRules } from './text.ts'

export type PrivacyDeps = {
  /** The installation's key. */
  readonly key: Uint8Array
  readonly year: number
}

type Rule = { readonly path: PrivacyPath; readonly rule: PathRule }

/** Redacted throughout the named parts. */
type PersonalValue = { readonly value: string; readonly method: Method; readonly in: readonly Place[] }

/** Plain data: a thread can return it. */
export type Kept = {
  readonly request: RunRequest | null
  readonly identities: readonly string[]
  readonly values: readonly PersonalValue[]
  /** The body was too costly to read. */
  readonly isUnread?: boolean
}

/** Shorter values appear in every text. */
const MIN_VALUE = 3
const MAX_VALUE = 10_000
const MAX_VALUES = 200

export function keepRequest(policy: PrivacyPolicy, request: RunRequest | null, deps: PrivacyDeps): Kept {
  if (request === null) return { request, identities: [], values: [] }
  const budget = newBudget(deps.year)
  const rules = textRules(policy, ['request'], { values: [] }, deps)
  return {
    request: redactRequest(request, rules, pathRules(policy, 'request')),
    identities: identitiesOf(policy, request, deps.key),
    values: valuesOf(policy, request, budget),
  }
}

/** Masks a body that takes too long to read. */
export function maskRequest(policy: PrivacyPolicy, request: RunRequest, deps: PrivacyDeps): Kept {
  const kept = keepRequest(policy, { ...request, body: Buffer.from(MASK), redacted: true }, deps)
  return { ...kept, isUnread: true }
}

export function lineRedactor(policy: PrivacyPolicy, kept: Kept, deps: PrivacyDeps): (text: string) => string {
  const rules = textRules(policy, ['logs'], kept, deps)
  return (text) => redactText(text, rules)
}

export function keepOutcome(policy: PrivacyPolicy, kept: Kept, outcome: Outcome, deps: PrivacyDeps): Outcome {
  const rulesFor = (places: readonly Place[]) => textRules(policy, places, kept, deps)
  // A call may pass on any part of the request, so all rules apply.
  const calls = rulesFor([])
  const rules = { everywhere: rulesFor(PLACES), logs: rulesFor(['logs']), answer: rulesFor(['answer']), calls }
  return redactOutcome(outcome, rules, pathRules(policy, 'answer'))
}

export function maskOutcome(policy: PrivacyPolicy, outcome: Outcome, deps: PrivacyDeps): Outcome {
  const redact = policy.redact.map((rule) => ({ ...rule, path: rule.path ?? 'body' }))
  return keepOutcome(
    { ...policy, redact },
    { request: null, identities: [], values: [], isUnread: true },
    outcome,
    deps,
  )
}

function pathRules({ redact }: PrivacyPolicy, place: Place): readonly Rule[] {
  return redact.flatMap(({ path, detector = null, in: places, with: method }) => {
    const parsed = path === undefined ? null : parsePath(path)
    if (parsed === null || !places.includes(place)) return []
    return [{ path: parsed, rule: { steps: parsed.steps, method, detector } }]
  })
}

function textRules(
  { redact }: PrivacyPolicy,
  places: readonly Place[],
  { values, isUnread = false }: Pick<Kept, 'values' | 'isUnread'>,
  { key, year }: PrivacyDeps,
): TextRules {
  const holds = (of: readonly Place[]) => places.every((place) => of.includes(place))
  const detectors = redact.flatMap(({ path, detector, in: of, with: method }) =>
    path === undefined && detector !== undefined && holds(of) ? [{ detector, method }] : [],
  )
  return {
    detectors,
    values: values.filter((one) => holds(one.in)),
    hash: (text) => hashText(key, text),
    budget: newBudget(year),
    isWhole: isUnread && redact.some(({ path, in: of }) => path !== undefined && holds(of)),
  }
}

function valuesOf({ redact }: PrivacyPolicy, request: RunRequest, budget: DetectBudget): readonly PersonalValue[] {
  const found = new Map<string, PersonalValue>()
  for (const { path, detector, in: places, with: method } of redact) {
    const parsed = path === undefined ? null : parsePath(path)
    if (parsed === null) continue
    for (const value of valuesAt(request, parsed)) {
      const parts =
        detector === undefined
          ? [value.trim()]
          : detect(detector, { text: value, name: parsed.steps.at(-1) ?? '' }, budget).map(({ start, end }) =>
              value.slice(start, end),
            )
      for (const part of parts) {
        const isMark = part === MASK || part.startsWith(HASH)
        const fits = !isMark && part.length >= MIN_VALUE && part.length <= MAX_VALUE && found.size < MAX_VALUES
        if (fits && !found.has(part)) found.set(part, { value: part, method, in: places })
      }
    }
  }
  return [...found.values()]
}

function valuesAt({ headers, query, body }: RunRequest, { root, steps }: PrivacyPath): readonly string[] {
  const values: string[] = []
  const add = (_: number, value: string) => void values.push(value)
  if (root === 'headers') return headers.filter(([name]) => isHeader(name, steps)).map(([, value]) => value)
  if (root === 'query') findFormValues(query, [steps], add)
  else findBodyValues(body, contentTypeOf(headers), [steps], add)
  return values
}

function identitiesOf({ identify }: PrivacyPolicy, request: RunRequest, key: Uint8Array): readonly string[] {
  const values = identify.flatMap((text) => {
    const path = parsePath(text)
    return path === null ? [] : valuesAt(request, path)
  })
  const wanted = values
    .filter((value) => value.trim() !== '' && value !== MASK && !value.startsWith(HASH))
    .map((value) => identityOf(key, value))
  return [...new Set(wanted)].slice(0, MAX_VALUES)
}

function redactRequest(request: RunRequest, text: TextRules, rules: readonly Rule[]): RunRequest {
  const body = redactBody(request.body, contentTypeOf(request.headers), bodyRules(rules, text))
  const headers = redactHeaders(request.headers, rules, text)
  const query = redactForm(request.query, rulesAt(rules, 'query'), text)
  if (body === request.body && headers === request.headers && query === request.query) return request
  const path = request.url.split('?', 1)[0] ?? ''
  return { ...request, url: query === '' ? path : `${path}?${query}`, query, headers, body, redacted: true }
}

const rulesAt = (rules: readonly Rule[], root: PrivacyPath['root']): readonly PathRule[] =>
  rules.filter(({ path }) => path.root === root).map(({ rule }) => rule)

const bodyRules = (rules: readonly Rule[], text: TextRules): BodyRules => ({ paths: rulesAt(rules, 'body'), text })

function redactHeaders(headers: HeaderPairs, rules: readonly Rule[], text: TextRules): HeaderPairs {
  const own = rulesAt(rules, 'headers')
  let isSame = true
  const clean = headers.flatMap(([name, value]) => {
    if (text.isWhole === true && isHeader(name, ['content-type'])) return [[name, value] as const]
    const rule = own.find(({ steps }) => isHeader(name, steps))
    const after =
      rule?.detector === null
        ? replacement(rule.method, value, text.hash)
        : redactText(value, rulesFor(text, rule), name)
    if (after === value) return [[name, value] as const]
    isSame = false
    return rule?.detector === null && rule.method === 'drop' ? [] : [[name, after] as const]
  })
  return isSame ? headers : clean
}

const isHeader = (name: string, steps: readonly string[]): boolean => name.toLowerCase() === steps[0]?.toLowerCase()

type OutcomeRules = {
  readonly everywhere: TextRules
  readonly logs: TextRules
  readonly answer: TextRules
  readonly calls: TextRules
}

function redactOutcome(
  outcome: Outcome,
  { everywhere, logs, answer, calls }: OutcomeRules,
  rules: readonly Rule[],
): Outcome {
  const orNull = (text: string | null, by: TextRules) => (text === null ? null : redactText(text, by))
  return {
    ...outcome,
    message: orNull(outcome.message, everywhere),
    traceback: orNull(outcome.traceback, everywhere),
    result: orNull(outcome.result, answer),
    label: orNull(outcome.label, answer),
    response: outcome.response && redactResponse(outcome.response, answer, rules),
    warnings: outcome.warnings.map((warning) => ({ ...warning, message: redactText(warning.message, everywhere) })),
    logs: outcome.logs.map((line) => ({ ...line, text: redactText(line.text, logs) })),
    calls: redactCalls(outcome.calls ?? [], (text) => redactText(text, calls)),
  }
}

function redactResponse(response: RunResponse, text: TextRules, rules: readonly Rule[]): RunResponse {
  const before = Buffer.from(response.body, 'utf8')
  const body = redactBody(before, contentTypeOf(response.headers), bodyRules(rules, text))
  return {
    status: response.status,
    headers: redactHeaders(response.headers, rules, text),
    body: body === before ? response.body : body.toString('utf8'),
  }
}
