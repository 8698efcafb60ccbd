import { reasonOf } from '../../errors.ts'
import { isStorable } from '../shared/schemas.ts'
import { parseExact } from './canonical.ts'

export const DECISION_LIMITS = {
  subjectLength: 320,
  outcomeLength: 64,
  reasons: 20,
  reasonLength: 2000,
  inputsBytes: 64 * 1024,
  /** A request has at most 200 levels. Readers of inputs are recursive. */
  inputsLevels: 256,
  modelTextLength: 200,
  attributes: 20,
  attributeLength: 100,
} as const

export type Model = { readonly name: string; readonly version: string; readonly provider?: string }

/** Categories by attribute, such as `sex`. */
export type Attributes = Readonly<Record<string, string>>

export type ProposedDecision = {
  readonly subject: string
  readonly outcome: string
  readonly reasons: readonly string[]
  readonly inputs: unknown
  readonly model: Model | null
  readonly score: number | null
  readonly attributes: Attributes | null
}

export class InvalidDecision extends Error {}

const NAMES = ['subject', 'outcome', 'reasons', 'inputs', 'model', 'score', 'attributes']
const ATTRIBUTE = /^[a-z][a-z0-9_]{0,49}$/

/** `json`: the arguments of `decide`. Throws InvalidDecision. */
export function readDecision(json: string): ProposedDecision {
  const given = fieldsOf(
    read('decide', () => parseExact(json)),
    'decide',
    NAMES,
  )
  return {
    subject: textOf(given.subject, 'subject', DECISION_LIMITS.subjectLength),
    outcome: textOf(given.outcome, 'outcome', DECISION_LIMITS.outcomeLength),
    reasons: reasonsOf(given.reasons),
    inputs: inputsOf(given.inputs ?? null),
    model: modelOf(given.model ?? null),
    score: scoreOf(given.score ?? null),
    attributes: attributesOf(given.attributes ?? null),
  }
}

/** `readDecision` must have accepted `json`. */
export function outcomeOf(json: string): string {
  const given: unknown = parseExact(json)
  return textOf(fieldsOf(given, 'decide', NAMES).outcome, 'outcome', DECISION_LIMITS.outcomeLength)
}

export function assertOutcome(outcome: string, outcomes: readonly string[] | null): void {
  if (outcomes === null || outcomes.includes(outcome)) return
  throw new InvalidDecision(`outcome: expected one of ${outcomes.map(show).join(', ')}, found ${show(outcome)}`)
}

function reasonsOf(value: unknown): readonly string[] {
  const { reasons, reasonLength } = DECISION_LIMITS
  if (!Array.isArray(value) || value.length < 1 || value.length > reasons)
    throw new InvalidDecision(`reasons: expected 1 to ${reasons} texts, found ${show(value)}`)
  return value.map((one, index) => textOf(one, `reasons[${index}]`, reasonLength))
}

function inputsOf(value: unknown): unknown {
  if (!isShallow(value, DECISION_LIMITS.inputsLevels))
    throw new InvalidDecision(`inputs: expected at most ${DECISION_LIMITS.inputsLevels} levels, found more`)
  const bytes = Buffer.byteLength(JSON.stringify(value))
  if (bytes > DECISION_LIMITS.inputsBytes)
    throw new InvalidDecision(`inputs: expected at most ${DECISION_LIMITS.inputsBytes} bytes as JSON, found ${bytes}`)
  if (!hasStorableTexts(value)) throw new InvalidDecision('inputs: lone surrogates and U+0000 cannot be stored')
  return value
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  return levels > 0 && Object.values(value).every((one) => isShallow(one, levels - 1))
}

function hasStorableTexts(value: unknown): boolean {
  if (typeof value === 'string') return isStorable(value)
  if (Array.isArray(value)) return value.every(hasStorableTexts)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, one]) => isStorable(key) && hasStorableTexts(one))
}

function modelOf(value: unknown): Model | null {
  if (value === null) return null
  const { name, version, provider } = fieldsOf(value, 'model', ['name', 'version', 'provider'])
  const { modelTextLength: most } = DECISION_LIMITS
  const model = { name: textOf(name, 'model.name', most), version: textOf(version, 'model.version', most) }
  return provider == null ? model : { ...model, provider: textOf(provider, 'model.provider', most) }
}

function scoreOf(value: unknown): number | null {
  if (value === null || (typeof value === 'number' && Number.isFinite(value))) return value
  throw new InvalidDecision(`score: expected a number, found ${show(value)}`)
}

function attributesOf(value: unknown): Attributes | null {
  if (value === null) return null
  const given = Object.entries(fieldsOf(value, 'attributes', null)).filter(([, category]) => category !== null)
  const { attributes, attributeLength } = DECISION_LIMITS
  if (given.length > attributes)
    throw new InvalidDecision(`attributes: expected at most ${attributes}, found ${given.length}`)
  for (const [name, category] of given) {
    if (!ATTRIBUTE.test(name))
      throw new InvalidDecision(`attributes: expected names such as sex or age_band, found ${show(name)}`)
    textOf(category, `attributes.${name}`, attributeLength)
  }
  return given.length === 0 ? null : Object.fromEntries(given.map(([name, category]) => [name, String(category)]))
}

function fieldsOf(value: unknown, name: string, known: readonly string[] | null): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InvalidDecision(`${name}: expected an object, found ${show(value)}`)
  const unknown = known === null ? undefined : Object.keys(value).find((key) => !known.includes(key))
  if (unknown !== undefined) throw new InvalidDecision(`${name} has no argument ${show(unknown)}`)
  return { ...value }
}

function textOf(value: unknown, name: string, most: number): string {
  const isText = typeof value === 'string' && isStorable(value) && value.trim() !== ''
  if (isText && (value.length <= most || [...value].length <= most)) return value
  throw new InvalidDecision(`${name}: expected a text of 1 to ${most} characters, found ${show(value)}`)
}

function read<Value>(name: string, make: () => Value): Value {
  try {
    return make()
  } catch (error) {
    if (error instanceof InvalidDecision) throw error
    throw new InvalidDecision(`${name}: ${reasonOf(error)}`)
  }
}

function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length <= 80 ? text : `${text.slice(0, 79).toWellFormed()}…`
}
