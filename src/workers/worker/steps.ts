/** A run's calls, waits and changed settings are untrusted input. */

import { isUtf8 } from 'node:buffer'
import { validateShortJson } from '../../domain/json/check.ts'
import { isObject } from '../../domain/json/is-object.ts'
import { ATOMIC, type Atomic } from '../../domain/json/merge-values.ts'
import type { JobSteps } from '../../domain/runs/run.ts'
import {
  type AskedWait,
  STEP_KINDS,
  STEP_LIMITS,
  type StepCall,
  type StepKey,
  type StepKind,
} from '../../domain/runs/steps.ts'
import { EMPTY_PATCH, type SettingsPatch } from '../../domain/settings/patch.ts'
import { RESERVED_KEY } from '../../domain/settings/settings.ts'
import { LIMITS } from '../../domain/workflows/workflow.ts'
import { encodeFrame, type Frame } from './frames.ts'

/** A run that sends more frames forged them. */
const MAX_STEP_FRAMES = STEP_LIMITS.calls + STEP_LIMITS.concurrent
const MAX_DEPTH = 512
const MAX_ERROR_BYTES = 64 * 1024
/** JSON text inside of JSON. */
const MAX_QUESTION_BYTES = 2 * STEP_LIMITS.resultBytes + MAX_ERROR_BYTES

export type RunCalls = Pick<JobSteps, 'store' | 'accessToken'>

type Asking = { steps: number; tokens: number; isStoring: boolean; readonly server: RunCalls | undefined }

type Hands = {
  readonly isCurrent: () => boolean
  readonly answer: (frame: Buffer) => void
  readonly end: () => void
}

export const asks = ({ server }: Pick<Asking, 'server'>, { header }: Frame): boolean =>
  server !== undefined && (header.type === 'step' || header.type === 'token')

/** Ends the process if the call is unreadable, or if its run continues elsewhere. */
export async function answerCall(run: Asking, frame: Frame, { isCurrent, answer, end }: Hands): Promise<void> {
  const { type, turn } = frame.header
  const found = await (type === 'token' ? findToken(run, frame) : storeStep(run, frame))
  if (!isCurrent()) return
  if (found == null) end()
  else answer(encodeFrame({ turn, ...found }, []))
}

/** Runtimes send one step at a time. More would fill the server's memory. */
async function storeStep(run: Asking, frame: Frame) {
  if (run.isStoring) return null
  const read = readStep(frame)
  run.steps += 1
  if (read === null || run.steps > MAX_STEP_FRAMES) return null
  if (read.isTooDeep) return { error: tooDeep(read.call) }
  run.isStoring = true
  const stored = await run.server?.store(read.call)
  run.isStoring = false
  return stored
}

async function findToken(run: Asking, { header: { name } }: Frame) {
  run.tokens += 1
  return typeof name !== 'string' || run.tokens > STEP_LIMITS.tokenCalls ? null : await run.server?.accessToken(name)
}

/** The function reports their end. The server ends all other waits. */
const STORED: readonly StepKind[] = ['step', 'sleep']

function readStep({ header, payload }: Frame): { readonly call: StepCall; readonly isTooDeep: boolean } | null {
  const key = readStepKey([header.kind, header.name, header.number])
  const patch = readPatch(header)
  const { status, attempts, started } = header
  if (key === null || !STORED.includes(key.kind) || patch === undefined) return null
  if (status !== 'done' && status !== 'failed') return null
  if (!isCount(attempts, STEP_LIMITS.attempts) || typeof started !== 'number' || !Number.isFinite(started)) return null
  if (payload.length > STEP_LIMITS.resultBytes + MAX_ERROR_BYTES || !isUtf8(payload)) return null
  const problem = validateShortJson(payload, MAX_DEPTH)
  if (problem !== null && !problem.isDepth) return null
  const isTooDeep = problem !== null
  const call: StepCall = {
    ...key,
    status,
    attempts,
    startedAt: Math.round(started),
    json: payload.toString('utf8'),
    patch,
  }
  const { decision } = header
  return { call: key.kind === 'step' && status === 'done' && isUse(decision) ? { ...call, decision } : call, isTooDeep }
}

/** Returns null for invalid waits. */
export function readWaits({ waits }: Frame['header']): readonly AskedWait[] | null {
  if (!Array.isArray(waits) || waits.length === 0 || waits.length > STEP_LIMITS.calls) return null
  const read = (waits as readonly unknown[]).map(readWait)
  return read.every((wait) => wait !== null) && areDistinct(read) ? read : null
}

/** A second wait of a task would show its question with the first one's decision. */
function areDistinct(waits: readonly AskedWait[]): boolean {
  const keys = new Set(waits.map(({ kind, name, number }) => JSON.stringify([kind, name, number])))
  return keys.size === waits.length && waits.every(({ kind, number }) => kind !== 'task' || number === 1)
}

const isUse = (value: unknown): value is number => isCount(value, STEP_LIMITS.calls) && value > 0

function readWait(found: unknown): AskedWait | null {
  if (!isObject(found)) return null
  const key = readStepKey([found.kind, found.name, found.number])
  const { attempts, json } = found
  if (key === null || key.kind === 'step' || !isCount(attempts, STEP_LIMITS.attempts)) return null
  const [ms, until] = [timeOrNull(found.ms), timeOrNull(found.until)]
  if ((ms === null) === (until === null) || (ms ?? 0) > STEP_LIMITS.waitMs) return null
  const most = key.kind === 'task' || key.kind === 'run' ? MAX_QUESTION_BYTES : MAX_ERROR_BYTES
  if (typeof json !== 'string' || json.length > most) return null
  const problem = validateShortJson(Buffer.from(json), MAX_DEPTH)
  if (problem !== null && !problem.isDepth) return null
  const wait = { ...key, until, ms, attempts, json }
  if (key.kind !== 'task' || !isObject(found.decision)) return wait
  const { name, number } = found.decision
  return typeof name === 'string' && isUse(number) ? { ...wait, decision: { name, number } } : null
}

/** Valid JSON of a function may nest too deeply, so the run ends with `invalid_step` or `invalid_decision`. */
const tooDeep = ({ kind, name, decision }: StepKey & { readonly decision?: unknown }) =>
  ({
    code: decision === undefined ? 'invalid_step' : 'invalid_decision',
    message: `The JSON of the ${kind} ${JSON.stringify(name)} nests deeper than ${MAX_DEPTH} levels`,
  }) as const

/** Returns the failure of a part whose wait nests too deeply, or null. */
export function depthProblem(waits: readonly AskedWait[]) {
  const found = waits.find(({ json }) => validateShortJson(Buffer.from(json), MAX_DEPTH) !== null)
  return found === undefined ? null : tooDeep(found)
}

const timeOrNull = (value: unknown): number | null =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.round(value) : null

export function readStepKey(found: unknown): StepKey | null {
  if (!Array.isArray(found)) return null
  const [kind, name, number]: unknown[] = found
  const known = STEP_KINDS.find((one) => one === kind)
  if (known === undefined || typeof name !== 'string' || !isCount(number, STEP_LIMITS.calls) || number < 1) return null
  return name.length >= 1 && name.length <= 2 * STEP_LIMITS.nameLength ? { kind: known, name, number } : null
}

const isCount = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most

export function readPatch({ set, deleted, atomic }: Frame['header']): SettingsPatch | undefined {
  if (!isObject(set) || !Array.isArray(deleted)) return undefined
  const entries = Object.entries(set)
  if (entries.length === 0 && deleted.length === 0) return EMPTY_PATCH
  if (entries.length + deleted.length > LIMITS.changedSettings) return undefined
  const values = new Map<string, string>()
  let total = 0
  for (const [key, text] of entries) {
    if (!isKey(key) || typeof text !== 'string' || !isJson(text)) return undefined
    const bytes = Buffer.byteLength(text)
    total += bytes + Buffer.byteLength(key)
    if (bytes > LIMITS.settingBytes || total > LIMITS.settingsBytes) return undefined
    values.set(key, text)
  }
  const keys = (deleted as readonly unknown[]).filter(isKey)
  if (keys.length !== deleted.length) return undefined
  return isObject(atomic) ? { set: values, deleted: keys, atomic: readAtomic(atomic) } : { set: values, deleted: keys }
}

function readAtomic(found: Readonly<Record<string, unknown>>): ReadonlyMap<string, Atomic> {
  return new Map(
    Object.entries(found).flatMap(([key, given]) => {
      const kind = ATOMIC.find((one) => one === given)
      return kind === undefined ? [] : [[key, kind]]
    }),
  )
}

function isKey(key: unknown): key is string {
  return typeof key === 'string' && key !== RESERVED_KEY && Buffer.byteLength(key) <= LIMITS.settingKeyBytes
}

/** The text becomes part of a larger JSON text. */
function isJson(text: string): boolean {
  return validateShortJson(Buffer.from(text), LIMITS.settingDepth + 1) === null
}
