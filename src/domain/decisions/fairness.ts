import { type Static, Type } from 'typebox'
import { UserError } from '../../errors.ts'
import { parsePointers } from '../json/pointer.ts'
import { strict, text } from '../shared/schemas.ts'
import { type Field, fieldAt, listFields, withValue } from './explain/fields.ts'
import { NAME_SETS, type NameSet, PAIRS_OF } from './names.ts'

const MAX_PAIRS = 50
const MAX_BASE = 200

const Pair = strict({
  path: text(1000, 'A JSON Pointer into the fields of the request'),
  // The library's tuple schema is invalid in OpenAPI 3.1.
  values: Type.Array(Type.Unknown(), { minItems: 2, maxItems: 2 }),
})

export const FairnessSchema = strict(
  {
    pairs: Type.Union([Type.Array(Pair, { minItems: 1, maxItems: MAX_PAIRS }), Type.Enum([...NAME_SETS])], {
      description: 'Values of a field, or a set of first names, which replace the field of the first name',
    }),
    base: Type.Union(
      [
        Type.Array(text(100), { minItems: 1, maxItems: MAX_BASE, description: 'Ids of runs' }),
        strict({ last: Type.Integer({ minimum: 1, maximum: MAX_BASE }) }),
      ],
      { description: 'Runs whose requests are tried' },
    ),
    max_changed: Type.Number({ minimum: 0, maximum: 1, description: 'The largest share of changed outcomes' }),
  },
  { description: 'Pairs of requests, whose outcomes must not differ' },
)

type ValuePair = { readonly path: string; readonly values: readonly [unknown, unknown] }

export type FairnessGate = {
  readonly pairs: readonly ValuePair[] | NameSet
  readonly base: readonly string[] | { readonly last: number }
  readonly max_changed: number
}

/** Throws `bad_request` for an invalid JSON Pointer or two equal values. */
export function parseFairness(sent: Static<typeof FairnessSchema>): FairnessGate {
  if (typeof sent.pairs === 'string') return { ...sent, pairs: sent.pairs }
  parsePointers(
    sent.pairs.map(({ path }) => path),
    'deploy_gate.fairness.pairs',
  )
  const pairs = sent.pairs.map(({ path, values: [one, other] }, index) => {
    if (JSON.stringify(one) === JSON.stringify(other))
      throw new UserError('bad_request', `deploy_gate.fairness.pairs[${index}].values: expected two different values.`)
    return { path, values: [one, other] as const }
  })
  return { ...sent, pairs }
}

export type PairedRequests = ValuePair & { readonly documents: readonly [unknown, unknown] }

const FIRST_NAMES = /^(?:first|given|fore)_?name$|^prenom$|^name$|^full_?name$/

export function pairRequests(document: unknown, pairs: FairnessGate['pairs']): readonly PairedRequests[] {
  if (typeof pairs !== 'string')
    return pairs.flatMap((pair) => (fieldAt(document, pair.path).value === undefined ? [] : [paired(document, pair)]))
  const field = firstNameField(document)
  if (field === null) return []
  return PAIRS_OF[pairs].map(([one, other]) =>
    paired(document, { path: field.path, values: [renamed(field.value, one), renamed(field.value, other)] }),
  )
}

function paired(document: unknown, pair: ValuePair): PairedRequests {
  const { parts } = fieldAt(document, pair.path)
  const [one, other] = pair.values
  return { ...pair, documents: [withValue(document, parts, one), withValue(document, parts, other)] }
}

function firstNameField(document: unknown): Field | null {
  const named = listFields(document).filter(({ parts, value }) => {
    return typeof value === 'string' && FIRST_NAMES.test(keyOf(parts))
  })
  return named.find(({ parts }) => !isWholeName(keyOf(parts))) ?? named[0] ?? null
}

/** `firstName`, `First-Name` and `prénom` are `first_name` and `prenom`. */
function keyOf(parts: readonly string[]): string {
  const key = (parts.at(-1) ?? '').replaceAll(/([a-z])([A-Z])/g, '$1_$2')
  return key.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll(/[- ]/g, '_').toLowerCase()
}

const isWholeName = (key: string): boolean => /^(?:full_?)?name$/.test(key)

function renamed(value: unknown, first: string): string {
  const [, ...rest] = typeof value === 'string' ? value.trim().split(/\s+/) : []
  return [first, ...rest].join(' ')
}

/** Differs from every outcome. */
export const NO_DECISION = ''

export type ComparedPair = ValuePair & { readonly runId: string; readonly outcomes: readonly [string, string] }

export type FairnessResult = {
  /** Pairs of which a run decided. */
  readonly pairs: number
  readonly changed: number
  readonly examples: readonly ComparedPair[]
}

const MAX_EXAMPLES = 20

export function fairnessOf(compared: readonly ComparedPair[]): FairnessResult {
  const changed = compared.filter(({ outcomes: [one, other] }) => one !== other)
  return { pairs: compared.length, changed: changed.length, examples: changed.slice(0, MAX_EXAMPLES) }
}

/** Without a compared pair, the candidate fails. */
export const isFair = ({ pairs, changed }: FairnessResult, { max_changed: most }: FairnessGate): boolean =>
  pairs > 0 && changed / pairs <= most
