/** A test's answers where other runs wait for an event or a person. */

import { UserError } from '../../errors.ts'
import { isObject } from '../json/is-object.ts'
import type { HeaderPairs } from '../shared/headers.ts'
import { type Answerer, checkAnswer, readQuestion, TASK_LIMITS, type TaskAnswer } from '../tasks/task.ts'
import { pairsOf } from './made-request.ts'
import { type AskedWait, waitNames } from './steps.ts'
import { bodyJson, eventJson, postedRequest } from './wait-event.ts'

export const TEST_ANSWER_LIMITS = { count: 100, bytes: 1024 * 1024, depth: 100 } as const

/** `value` is an event's body, a person's answer, or `{timed_out: true}`. */
export type TestAnswer = {
  /** Null: any. */
  readonly kind: 'event' | 'task' | null
  readonly name: string
  readonly value: unknown
  /** The end of the wait in a trial's original run. */
  readonly original?: {
    readonly at: number
    readonly by: Answerer | null
    readonly proposed: string | null
  }
}

export type TestRules = {
  readonly answers: readonly TestAnswer[]
  /** `real`: waits as other runs do. */
  readonly waits: 'skipped' | 'real'
}

export const NO_ANSWERS: TestRules = { answers: [], waits: 'skipped' }

/** `seen`: as the API shows it, before redaction. */
export type EndedWait = {
  readonly status: 'done' | 'timed_out'
  readonly json: string
  readonly seen: string
}

type Ending = { readonly now: number; readonly reasonRequired: boolean }

const TESTER: Answerer = { id: 'test', name: 'Test', email: 'test@example.invalid' }
const TIMED_OUT: EndedWait = { status: 'timed_out', json: 'null', seen: 'null' }

/** Null: no answer. Throws `bad_request` for an impossible one. */
export function endWait(wait: AskedWait, answers: readonly TestAnswer[], ending: Ending): EndedWait | null {
  if (wait.kind === 'event') return endEvent(wait, answers, ending.now)
  return wait.kind === 'task' ? endTask(wait, answers, ending) : null
}

/** The first of several names with an event counts. */
function endEvent({ name, json }: AskedWait, answers: readonly TestAnswer[], now: number): EndedWait | null {
  const found = waitNames(json, name).flatMap((one) => find(answers, 'event', one) ?? [])
  const first = found.find(({ value }) => !isTimeout(value))
  if (first === undefined) return found.length === 0 ? null : TIMED_OUT
  if (first.name !== name) return TIMED_OUT
  const request = requestOf(first.value)
  return { status: 'done', json: eventJson(request, name, first.original?.at ?? now), seen: bodyJson(request) }
}

const find = (answers: readonly TestAnswer[], kind: 'event' | 'task', name: string): TestAnswer | undefined =>
  answers.find((one) => one.name === name && (one.kind ?? kind) === kind)

const isTimeout = (value: unknown): boolean =>
  isObject(value) && value.timed_out === true && Object.keys(value).length === 1

/** An object with only `headers` and `body` is a request, everything else a body. */
function requestOf(value: unknown) {
  const keys = isObject(value) ? Object.keys(value) : []
  const isRequest = isObject(value) && keys.length > 0 && keys.every((key) => key === 'headers' || key === 'body')
  return isRequest ? postedRequest(headersOf(value.headers ?? {}), value.body) : postedRequest([], value)
}

function headersOf(given: unknown): HeaderPairs {
  if (!isObject(given) || !Object.values(given).every((value) => typeof value === 'string'))
    throw new UserError('bad_request', 'headers: expected texts by name.')
  return pairsOf(given as Readonly<Record<string, string>>)
}

function endTask(wait: AskedWait, answers: readonly TestAnswer[], ending: Ending): EndedWait | null {
  const found = find(answers, 'task', wait.name)
  const question = readQuestion(wait.json)
  if (found === undefined || typeof question === 'string') return null
  // A decision's first choice is its proposed outcome. A person answered another proposal.
  const proposed = found.original?.proposed ?? null
  if (wait.decision !== undefined && proposed !== null && proposed !== question.choices[0]) return null
  if (isTimeout(found.value)) return TIMED_OUT
  const given = readAnswer(found.value)
  const needsReason = wait.decision !== undefined && ending.reasonRequired && given.reason === null
  const problem = needsReason
    ? 'reason: expected a text, because this decision needs one.'
    : checkAnswer(question, given)
  if (problem !== null) throw new UserError('bad_request', problem)
  const { by, at } = { by: found.original?.by ?? TESTER, at: found.original?.at ?? ending.now }
  const json = JSON.stringify({ ...given, by, at } satisfies TaskAnswer)
  return { status: 'done', json, seen: json }
}

const ANSWER_KEYS: readonly string[] = ['choice', 'reason', 'fields']

function readAnswer(value: unknown): Pick<TaskAnswer, 'choice' | 'reason' | 'fields'> {
  if (!isObject(value) || typeof value.choice !== 'string')
    throw new UserError('bad_request', 'expected an answer such as {"choice": "approve"}.')
  const unknown = Object.keys(value).find((key) => !ANSWER_KEYS.includes(key))
  if (unknown !== undefined) throw new UserError('bad_request', `unknown key ${JSON.stringify(unknown.slice(0, 100))}.`)
  const { choice, reason = null, fields = null } = value
  if (reason !== null && (typeof reason !== 'string' || reason.length > TASK_LIMITS.reasonLength))
    throw new UserError('bad_request', `reason: expected a text of at most ${TASK_LIMITS.reasonLength} characters.`)
  if (fields !== null && !isObject(fields)) throw new UserError('bad_request', 'fields: expected values by name.')
  return { choice, reason: reason?.trim() || null, fields }
}
