import { parse } from 'es-module-lexer/js'
import type { CodeText } from '../modules/module-files.ts'
import type { SettingsPatch } from '../settings/patch.ts'
import { languageOf } from '../shared/language.ts'

export const STEP_KINDS = ['step', 'sleep', 'event', 'task', 'run', 'retry'] as const
export type StepKind = (typeof STEP_KINDS)[number]

export const STEP_STATUSES = ['done', 'failed', 'waiting', 'timed_out'] as const
export type StepStatus = (typeof STEP_STATUSES)[number]

/** `number` counts the uses of kind and name in a run from 1. */
export type StepKey = { readonly kind: StepKind; readonly name: string; readonly number: number }

export const STEP_LIMITS = {
  nameLength: 200,
  /** Stored calls. */
  calls: 1000,
  concurrent: 64,
  /** Calls of `access_token` per part. */
  tokenCalls: 10_000,
  /** Different tokens per part. Each enlarges the redactor. */
  tokens: 100,
  resultBytes: 1024 * 1024,
  /** All results. */
  totalBytes: 16 * 1024 * 1024,
  attempts: 100,
  waitMs: 366 * 86_400_000,
} as const

/** A run that begins this often without new data is lost. */
export const MAX_IDLE_PARTS = 10

/** `json` is the result, or the error's `{type, message}`. */
export type StepCall = StepKey & {
  /** Only waits time out. */
  readonly status: 'done' | 'failed' | 'timed_out'
  readonly json: string
  readonly attempts: number
  readonly startedAt: number
  readonly patch: SettingsPatch
  /** Uses of `decide` with this name. `json` then holds its arguments. */
  readonly decision?: number
}

/** Ends at `until` or after `ms`. */
export type AskedWait = Omit<Wait, 'until'> & { readonly until: number | null; readonly ms: number | null }

/** `json` is for the runtime to continue. */
export type Wait = StepKey & {
  readonly until: number
  readonly attempts: number
  readonly json: string
  /** Its outcome waits for a person. `given`: its arguments. */
  readonly decision?: { readonly name: string; readonly number: number; readonly given?: string }
}

/** All waits of a `wait_for` hold its names. */
export function waitNames(json: string | null, own: string): readonly string[] {
  const names: unknown = json === null ? null : JSON.parse(json)
  const isList = Array.isArray(names) && names.every((name) => typeof name === 'string') && names.includes(own)
  return isList ? names : [own]
}

export type StoredStep = StepKey & {
  readonly status: StepStatus
  readonly json: string | null
  readonly until: number | null
  readonly attempts: number
  /** The log of its part is stored. */
  readonly isLogged: boolean
  /** Changes that are not kept. Null: kept with the settings. */
  readonly patch: SettingsPatch | null
}

export type WaitingFor = {
  readonly kind: StepKind
  readonly name: string
  readonly since: number
  readonly until: number
  readonly taskId?: string
  readonly runId?: string
  /** Set by a restore: the run waits until a person releases it. */
  readonly held?: true
}

/** Python's texts and comments. An unclosed text ends with its line, in three quotes with the file. */
const TEXTS =
  /"""(?:\\[\s\S]|[^\\])*?(?:"""|$)|'''(?:\\[\s\S]|[^\\])*?(?:'''|$)|"(?:\\[\s\S]|[^"\\\r\n])*"?|'(?:\\[\s\S]|[^'\\\r\n])*'?|#[^\r\n]*/g
const CONTINUED = /\\\r?\n/g
const FROM = /^[ \t\f]*from[ \t\f]+workflows[ \t\f]+import\b/
const IMPORT = /^[ \t\f]*import[ \t\f]+(.+)/

/** Code that uses the module `workflows` is durable: its runs store steps and continue after a crash. */
export function isDurable({ source, files }: CodeText, runtime: string): boolean {
  const texts = [source, ...Object.values(files)].filter((text) => text.includes('workflows'))
  return texts.some(languageOf(runtime) === 'python' ? importsWorkflows : scriptImportsWorkflows)
}

/** Loading reports the error of code that does not parse. */
function scriptImportsWorkflows(text: string): boolean {
  try {
    return parse(text)[0].some(({ specifier }) => specifier === 'workflows')
  } catch {
    return false
  }
}

function importsWorkflows(text: string): boolean {
  const code = text
    .replace(/^\ufeff/, '')
    .replace(TEXTS, ' ')
    .replace(CONTINUED, ' ')
  return code.split(/[\r\n;:]/).some((statement) => {
    if (FROM.test(statement)) return true
    const names = IMPORT.exec(statement)?.[1]?.split(',') ?? []
    return names.some((name) => name.trim().split(/\s/, 1)[0] === 'workflows')
  })
}
