import { isObject } from '../json/is-object.ts'
import { checkFields, type FieldsSchema, readFields } from './fields.ts'

export const TASK_STATUSES = ['open', 'answered', 'expired', 'cancelled'] as const
export type TaskStatus = (typeof TASK_STATUSES)[number]

export const TASK_LIMITS = {
  /** Open tasks of a run. */
  open: 20,
  people: 50,
  titleLength: 200,
  textLength: 10_000,
  dataBytes: 1024 * 1024,
  choices: 20,
  choiceLength: 100,
  reasonLength: 2000,
} as const

/** `to` may name them instead of addresses. */
export const TASK_GROUPS = ['owners', 'editors'] as const

/** Never changes. */
export type Question = {
  readonly title: string
  readonly text: string | null
  /** JSON text. */
  readonly data: string | null
  readonly choices: readonly string[]
  readonly fields: FieldsSchema | null
  /** E-mail addresses and groups. Null: owners, and people who may change the workflow. */
  readonly to: readonly string[] | null
  readonly remindMs: number | null
}

export type Answerer = { readonly id: string; readonly name: string; readonly email: string }

export type TaskAnswer = {
  readonly choice: string
  readonly by: Answerer
  readonly reason: string | null
  readonly fields: Readonly<Record<string, unknown>> | null
  readonly at: number
}

export type Task = Question & {
  readonly id: string
  readonly workflowId: string
  readonly workflowName: string
  /** The newest attempt at the creation. */
  readonly runId: string
  readonly name: string
  readonly status: TaskStatus
  readonly answer: TaskAnswer | null
  /** Set if the answer takes a decision. */
  readonly decision: { readonly proposed: string; readonly isReasonRequired: boolean } | null
  readonly createdAt: number
  readonly dueAt: number
}

const ADDRESS = /^[^\s\p{Cc}@<>",;]{1,64}@[^\s\p{Cc}@<>",;]{1,255}$/u
const CONTROL = /\p{Cc}/u

/** Untrusted. Returns a sentence if it is invalid. */
export function readQuestion(json: string): Question | string {
  const given: unknown = JSON.parse(json)
  if (!isObject(given)) return 'it is no question'
  const { title, text = null, data = null, choices, fields = null, to = null, remind_ms: remindMs = null } = given
  if (!isText(title, TASK_LIMITS.titleLength) || CONTROL.test(title))
    return `title must be one line of 1 to ${TASK_LIMITS.titleLength} characters`
  if (text !== null && !isText(text, TASK_LIMITS.textLength, 0))
    return `text must be a text of at most ${TASK_LIMITS.textLength} characters`
  if (data !== null && typeof data !== 'string') return 'data must be JSON'
  const bytes = Buffer.byteLength(data ?? '')
  if (bytes > TASK_LIMITS.dataBytes)
    return `data takes ${bytes} bytes as JSON; at most ${TASK_LIMITS.dataBytes} are allowed`
  const many = readTexts(choices, TASK_LIMITS.choices, (one) => isText(one, TASK_LIMITS.choiceLength))
  if (many === null)
    return `choices must be 1 to ${TASK_LIMITS.choices} different texts of at most ${TASK_LIMITS.choiceLength} characters`
  const people = to === null ? null : readTexts(to, TASK_LIMITS.people, isReceiver)
  if (to !== null && people === null)
    return `to must be 1 to ${TASK_LIMITS.people} different e-mail addresses, "owners" or "editors"`
  const schema = fields === null ? null : readFields(fields)
  if (typeof schema === 'string') return schema
  if (remindMs !== null && typeof remindMs !== 'number') return 'remind must be a duration'
  return { title, text, data, choices: many, fields: schema, to: people, remindMs }
}

type Given = {
  readonly choice: string
  readonly fields: Readonly<Record<string, unknown>> | null
}

/** Returns a sentence if the question lacks the choice or a field. */
export function checkAnswer({ choices, fields }: Question, given: Given): string | null {
  if (!choices.includes(given.choice))
    return `choice: expected one of ${choices.map((one) => JSON.stringify(one)).join(', ')}, found ${JSON.stringify(given.choice.slice(0, 100))}.`
  if (fields === null)
    return given.fields === null || Object.keys(given.fields).length === 0 ? null : 'fields: the task has no fields.'
  return checkFields(fields, given.fields ?? {})
}

const isText = (value: unknown, most: number, least = 1): value is string =>
  typeof value === 'string' && value.length >= least && value.length <= most && !value.includes('\0')

const isReceiver = (value: unknown): value is string =>
  typeof value === 'string' && (TASK_GROUPS.some((group) => group === value) || ADDRESS.test(value))

function readTexts(
  given: unknown,
  most: number,
  isFine: (value: unknown) => value is string,
): readonly string[] | null {
  if (!Array.isArray(given) || given.length === 0 || given.length > most) return null
  const texts = (given as readonly unknown[]).filter(isFine)
  return texts.length === given.length && new Set(texts).size === texts.length ? texts : null
}
