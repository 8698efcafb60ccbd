import { parseJson } from '../json/exact-numbers.ts'
import { escapePart } from '../json/pointer.ts'
import { type OutgoingCall, wouldSendOf } from '../runs/outgoing.ts'
import type { RunCode, RunResponse, RunStatus } from '../runs/run.ts'
import type { SettingsChange } from '../settings/patch.ts'
import { addDifferences } from './json-difference.ts'
import type { CaseResult, Difference, Verdict } from './trial.ts'

export type Side = {
  readonly status: RunStatus
  readonly code: RunCode | null
  readonly statusCode: number | null
  readonly response: RunResponse | null
  readonly result: string | null
  readonly settingsChanges: readonly SettingsChange[]
  readonly calls: readonly OutgoingCall[]
}

const MAX_DIFFERENCES = 200

export function compareRuns(original: Side, candidate: Side, ignore: readonly string[]): CaseResult {
  const all: Difference[] = []
  compareAnswers(all, original, candidate)
  compareSettings(all, original.settingsChanges, candidate.settingsChanges)
  compareCalls(all, original.calls, candidate.calls)
  const isIgnored = ignoring(ignore)
  const differences = all.filter(({ path }) => !isIgnored(path))
  return { verdict: verdictOf(original, candidate, differences), wouldSend: wouldSendOf(candidate.calls), differences }
}

function verdictOf(original: Side, candidate: Side, differences: readonly Difference[]): Verdict {
  const [before, after] = [original.status === 'succeeded', candidate.status === 'succeeded']
  if (before !== after) return after ? 'fixed' : 'broken'
  return differences.length === 0 ? 'same' : 'changed'
}

function compareAnswers(found: Difference[], original: Side, candidate: Side): void {
  const add = (path: string, old: unknown, now: unknown) =>
    addDifferences(found, path, old ?? undefined, now ?? undefined, MAX_DIFFERENCES)
  add('/error/code', original.code, candidate.code)
  add('/response/status', original.statusCode, candidate.statusCode)
  const [before, after] = [headersOf(original.response), headersOf(candidate.response)]
  for (const name of new Set([...before.keys(), ...after.keys()]))
    add(`/response/headers/${escapePart(name)}`, before.get(name), after.get(name))
  addBody(found, '/response/body', original.response?.body ?? null, candidate.response?.body ?? null)
  add('/result', original.result, candidate.result)
}

function addBody(found: Difference[], path: string, old: string | null, now: string | null): void {
  if (old === now) return
  const [before, after] = [old === null ? undefined : parseJson(old), now === null ? undefined : parseJson(now)]
  const isJson = (old === null || before !== undefined) && (now === null || after !== undefined)
  addDifferences(
    found,
    path,
    isJson ? before : (old ?? undefined),
    isJson ? after : (now ?? undefined),
    MAX_DIFFERENCES,
  )
}

function headersOf(response: RunResponse | null): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const [name, value] of response?.headers ?? []) {
    const key = name.toLowerCase()
    const before = headers.get(key)
    headers.set(key, before === undefined ? value : `${before}, ${value}`)
  }
  return headers
}

function compareSettings(found: Difference[], old: readonly SettingsChange[], now: readonly SettingsChange[]): void {
  const before = new Map(old.map((change) => [change.key, change]))
  const after = new Map(now.map((change) => [change.key, change]))
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [one, other] = [before.get(key), after.get(key)]
    const path = `/settings/${escapePart(key)}`
    // Shows only that a secret changed.
    const isHidden = isSecret(one) || isSecret(other)
    if (isHidden && (one === undefined || other === undefined)) found.push({ path, old: null, new: null })
    else if (!isHidden) addDifferences(found, path, valueAt(one), valueAt(other), MAX_DIFFERENCES)
  }
}

const isSecret = (change: SettingsChange | undefined): boolean =>
  change !== undefined && change.old === null && change.new === null
const valueAt = (change: SettingsChange | undefined): unknown =>
  change?.new == null ? undefined : parseJson(change.new)

type Call = { readonly index: number; readonly call: OutgoingCall }

/** A function may run calls concurrently. */
function compareCalls(found: Difference[], old: readonly OutgoingCall[], now: readonly OutgoingCall[]): void {
  const left = listCalls(old)
  const added: Call[] = []
  for (const candidate of listCalls(now)) {
    const at = left.findIndex(({ call }) => targetOf(call) === targetOf(candidate.call))
    const [original] = at < 0 ? [] : left.splice(at, 1)
    if (original === undefined) added.push(candidate)
    else compareBodies(found, candidate.index, original.call, candidate.call)
  }
  for (const [position, { index, call }] of added.entries()) {
    const original = left[position]
    addDifferences(found, `/calls/${index}`, original && shown(original.call), shown(call), MAX_DIFFERENCES)
  }
  for (const { index, call } of left.slice(added.length))
    addDifferences(found, `/calls/${index}`, shown(call), undefined, MAX_DIFFERENCES)
}

/** Only trials record connections outside HTTP libraries. */
const listCalls = (calls: readonly OutgoingCall[]): Call[] =>
  calls.filter(({ method }) => method !== null).map((call, index) => ({ index, call }))

const targetOf = ({ method, host, port, path }: OutgoingCall): string => JSON.stringify([method, host, port, path])
const shown = ({ method, host, port, path }: OutgoingCall) => ({ method, host, port, path })

function compareBodies(found: Difference[], index: number, old: OutgoingCall, now: OutgoingCall): void {
  if (old.exchange === null || now.exchange === null) return
  addBody(found, `/calls/${index}/body`, old.exchange.requestBody.text, now.exchange.requestBody.text)
}

function ignoring(pointers: readonly string[]): (path: string) => boolean {
  const rules = pointers.map((pointer) => pointer.split('/').slice(1))
  return (path) => {
    const parts = path.split('/').slice(1)
    return rules.some((rule) =>
      rule.every((part, index) => index < parts.length && (part === '*' || part === parts[index])),
    )
  }
}
