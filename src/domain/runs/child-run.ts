/** A call of `run` starts another workflow's run, whose end is its result. */

import { isObject } from '../json/is-object.ts'
import type { HeaderPairs } from '../shared/headers.ts'
import { pairsOf, queryOf } from './made-request.ts'
import type { Run, RunResponse } from './run.ts'
import { STEP_LIMITS } from './steps.ts'

export const CHILD_LIMITS = {
  /** Runs above a run. */
  depth: 10,
  /** Simultaneous calls of one run. */
  concurrent: 100,
} as const

type Editors = readonly string[] | null

/** A workflow may call a restricted one only if all its editors may also change that one. */
export const mayCall = (calling: Editors, called: Editors): boolean =>
  called === null || (calling?.every((id) => called.includes(id)) ?? false)

export type AskedRun = {
  /** Name or id. */
  readonly workflow: string
  readonly headers: HeaderPairs
  readonly query: string
  /** Null: no body. */
  readonly json: string | null
}

/** Null: invalid JSON of the runtime. Throws UserError `bad_request` for an invalid header. */
export function readAskedRun(json: string): AskedRun | null {
  const found: unknown = JSON.parse(json)
  if (!isObject(found)) return null
  const { workflow, headers, query, body } = found
  if (typeof workflow !== 'string' || !isTexts(headers) || !isTexts(query)) return null
  if (body !== null && typeof body !== 'string') return null
  return { workflow, headers: pairsOf(headers), query: queryOf(query), json: body }
}

type Texts = Readonly<Record<string, string | readonly string[]>>

const isTexts = (found: unknown): found is Texts =>
  isObject(found) && Object.values(found).every((value) => [value].flat().every((one) => typeof one === 'string'))

/** `id` is null if the run could not start. */
export type ChildEnd = { readonly status: 'done' | 'failed'; readonly json: string }

export function childFailure(id: string | null, code: string, message: string | null): ChildEnd {
  return { status: 'failed', json: JSON.stringify({ run_id: id, code, message: message ?? '' }) }
}

type Ended = Pick<Run, 'id' | 'status' | 'code' | 'message' | 'response' | 'result' | 'statusCode'>

function childEnd(run: Ended, isCatch: boolean): ChildEnd {
  const { id, response, result } = run
  if (run.status !== 'succeeded') return childFailure(id, run.code ?? run.status, run.message)
  const answer = {
    status_code: run.statusCode ?? 200,
    headers: Object.fromEntries(response?.headers ?? []),
    body: response?.body ?? '',
  }
  const json = JSON.stringify({ run_id: id, ...(isCatch ? answer : { result }) })
  const bytes = Buffer.byteLength(json)
  if (bytes <= STEP_LIMITS.resultBytes) return { status: 'done', json }
  return childFailure(
    id,
    'invalid_step',
    `Its result takes ${bytes} bytes as JSON, and ${STEP_LIMITS.resultBytes} may be stored. The run succeeded.`,
  )
}

/** Returns the form that lists of steps show. */
export function shownEnd({ status, json }: ChildEnd): string {
  if (status === 'done') return json
  const { code, message } = JSON.parse(json)
  return JSON.stringify({ type: 'RunFailed', message: `${code}${message === '' ? '' : `: ${message}`}` })
}

/** Restores the failure from its shown form. */
export function failureOfShown(id: string | null, shown: string): string {
  const [code = '', ...rest] = String(JSON.parse(shown).message).split(': ')
  return childFailure(id, code, rest.join(': ')).json
}

/** The answer before the called workflow's privacy rules. */
type Given = { readonly outcome: { readonly response: RunResponse | null } }

/**
 * Returns the end for the calling function, and the part that the API may show. Readers of the calling run see no more
 * than readers of the called one.
 */
export function endsOf(
  run: Run | null,
  workflow: { readonly kind: string; readonly privacy: object | null } | null,
  given: Given | null,
): { readonly end: ChildEnd; readonly seen: string } {
  if (run === null || workflow === null) {
    const end = childFailure(run?.id ?? null, 'lost', 'The run was deleted.')
    return { end, seen: shownEnd(end) }
  }
  const isCatch = workflow.kind === 'catch'
  const stored = childEnd(run, isCatch)
  const isHidden = workflow.privacy !== null && given !== null && run.status === 'succeeded'
  const end = isHidden ? childEnd({ ...run, response: given.outcome.response }, isCatch) : stored
  return { end, seen: end.status === stored.status ? shownEnd(stored) : JSON.stringify('***') }
}
