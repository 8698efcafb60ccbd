import { type Static, Type } from 'typebox'
import { validateShortJson } from '../../../domain/json/check.ts'
import { STEP_LIMITS } from '../../../domain/runs/steps.ts'
import { TEST_ANSWER_LIMITS, type TestRules } from '../../../domain/runs/test-answers.ts'
import { nullable, strict } from '../../../domain/shared/schemas.ts'
import { UserError } from '../../../errors.ts'

export const TestFields = strict({
  answers: Type.Optional(
    nullable(
      Type.Record(Type.String(), Type.Unknown(), {
        description:
          'The answer to each wait of a test, by name: the body of the event or {headers?, body?}, {choice, reason?, fields?}, or {"timed_out": true}. At most 100 and 1 MiB. Needs the scope write',
      }),
    ),
  ),
  waits: Type.Optional(Type.Enum(['real'], { description: 'A test that waits, too. Others always do' })),
})

type Given = Static<typeof TestFields>
type Asked = { readonly isTest: boolean; readonly background: boolean; readonly mayWrite: boolean }

/** Returns null unless the run is a test. */
export function readTestRules({ answers, waits }: Given, { isTest, background, mayWrite }: Asked): TestRules | null {
  const given = Object.entries(answers ?? {})
  if (given.length > 0) assertAnswers(given, { isTest, mayWrite, isReal: waits === 'real' })
  if (!isTest || (given.length === 0 && waits === undefined)) return null
  if (background)
    throw new UserError(
      'bad_request',
      'A test with answers or with waits "real" starts while its caller waits: leave out Prefer: respond-async.',
    )
  return { answers: given.map(([name, value]) => ({ kind: null, name, value })), waits: waits ?? 'skipped' }
}

type Rights = { readonly isTest: boolean; readonly mayWrite: boolean; readonly isReal: boolean }

function assertAnswers(answers: readonly (readonly [string, unknown])[], { isTest, mayWrite, isReal }: Rights): void {
  const { count, bytes, depth } = TEST_ANSWER_LIMITS
  if (!isTest)
    throw new UserError('bad_request', 'answers: only a test takes them: give keep_settings false, or source.')
  if (isReal) throw new UserError('bad_request', 'Expected either answers or waits "real", found both.')
  // A given answer lets deployed code do what otherwise requires a person.
  if (!mayWrite) throw new UserError('forbidden', 'answers: they need the scope write.')
  if (answers.length > count)
    throw new UserError('bad_request', `answers: expected at most ${count} names, found ${answers.length}.`)
  const long = answers.find(([name]) => name.length < 1 || name.length > 2 * STEP_LIMITS.nameLength)
  if (long !== undefined)
    throw new UserError('bad_request', `answers: a name of a wait has 1 to ${STEP_LIMITS.nameLength} characters.`)
  const json = Buffer.from(JSON.stringify(Object.fromEntries(answers)))
  if (json.length > bytes)
    throw new UserError('payload_too_large', `answers: expected at most ${bytes} bytes, found ${json.length}.`)
  const problem = validateShortJson(json, depth)
  if (problem !== null) throw new UserError('bad_request', `answers: ${problem.message}.`)
}
