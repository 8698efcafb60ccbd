import { type Static, Type } from 'typebox'
import { UserError } from '../../errors.ts'
import { HEADER_NAME } from '../shared/headers.ts'
import { nullable, type Shape, strict, text } from '../shared/schemas.ts'
import { DETECTORS } from './detectors/detector.ts'

export const PLACES = ['request', 'answer', 'logs'] as const
export type Place = (typeof PLACES)[number]
const METHODS = ['mask', 'hash', 'drop'] as const
export type Method = (typeof METHODS)[number]

const MAX_RULES = 50
const MAX_IDENTIFY = 20
const MAX_STEPS = 20
const MAX_DAYS = 36_500

const path = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'Dotted: body.candidate.email, headers.X-Candidate, query.email',
})
const days = Type.Optional(nullable(Type.Integer({ minimum: 1, maximum: MAX_DAYS })))

export const PrivacySchema = strict({
  redact: Type.Optional(
    Type.Array(
      strict({
        path: Type.Optional(path),
        detector: Type.Optional(Type.Enum([...DETECTORS])),
        in: Type.Array(Type.Enum([...PLACES]), { minItems: 1, maxItems: PLACES.length, uniqueItems: true }),
        with: Type.Enum([...METHODS]),
      }),
      { maxItems: MAX_RULES, description: 'Redactions before storage' },
    ),
  ),
  identify: Type.Optional(
    Type.Array(path, { maxItems: MAX_IDENTIFY, description: 'Paths of the request whose values find a person again' }),
  ),
  keep_days: Type.Optional(
    strict(
      { request: days, answer: days, logs: days },
      { description: 'The part is deleted after these days. Null keeps it as long as the run' },
    ),
  ),
})

export const PrivacyShown = Type.Object({
  redact: Type.Array(
    Type.Object({
      path: Type.Optional(Type.String()),
      detector: Type.Optional(Type.Enum([...DETECTORS])),
      in: Type.Array(Type.Enum([...PLACES])),
      with: Type.Enum([...METHODS]),
    }),
  ),
  identify: Type.Array(text(200)),
  keep_days: Type.Object({
    request: nullable(Type.Integer()),
    answer: nullable(Type.Integer()),
    logs: nullable(Type.Integer()),
  }),
})

export type PrivacyPolicy = Shape<typeof PrivacyShown>

const ROOTS = ['body', 'headers', 'query'] as const
/** The part, and the names that lead to the value. */
export type PrivacyPath = { readonly root: (typeof ROOTS)[number]; readonly steps: readonly string[] }

/** Throws `bad_request` for a rule that matches nothing. */
export function parsePrivacy(sent: Static<typeof PrivacySchema> | null): PrivacyPolicy | null {
  if (sent === null) return null
  const { redact = [], identify = [], keep_days: keep = {} } = sent
  redact.forEach((rule, index) => {
    const where = `privacy.redact[${index}]`
    if (rule.path === undefined && rule.detector === undefined) {
      throw new UserError('bad_request', `${where}: expected a path, a detector, or both; found neither.`)
    }
    if (rule.path !== undefined) assertPath(rule.path, `${where}.path`)
  })
  identify.forEach((one, index) => void assertPath(one, `privacy.identify[${index}]`))
  const { request = null, answer = null, logs = null } = keep
  return { redact, identify, keep_days: { request, answer, logs } }
}

function assertPath(text: string, where: string): void {
  if (parsePath(text) !== null) return
  throw new UserError(
    'bad_request',
    `${where}: expected a path such as body.candidate.email, headers.X-Candidate or query.email, found ${JSON.stringify(text)}.`,
  )
}

/** Names of headers and parameters may contain dots. */
export function parsePath(text: string): PrivacyPath | null {
  const [first, ...rest] = text.split('.')
  const root = ROOTS.find((one) => one === first)
  if (root === undefined || rest.length > MAX_STEPS) return null
  if (root === 'body') return rest.every((step) => step !== '') ? { root, steps: rest } : null
  const name = rest.join('.')
  const isName = root === 'headers' ? HEADER_NAME.test(name) : name !== ''
  return isName ? { root, steps: [name] } : null
}
