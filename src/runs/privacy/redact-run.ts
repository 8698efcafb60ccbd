import { setImmediate } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { redactCalls } from '../../domain/runs/outgoing.ts'
import type { LogLine, LogStream, Outcome } from '../../domain/runs/run.ts'
import { createRedactor, type Redact, type Redactor } from '../../domain/secrets/redact.ts'
import type { SettingsChange } from '../../domain/settings/patch.ts'
import type { Snapshot } from '../../domain/settings/settings.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'

const MAX_KEPT = 64
/** 20 MiB for all redactors together. */
const MAX_NODES = 1_000_000
const MAX_LINE = 64 * 1024
/** A longer step of up to 1 MiB would block the event loop for 60 ms. */
const MAX_AT_ONCE = 256 * 1024

export type Redactors = (secrets: readonly string[]) => Redactor

/** Most runs have no secrets. Making it took 3 µs per step. */
const NONE = createRedactor([])

export function createRedactors(): Redactors {
  const sizeCalculation = ({ nodes }: Redactor) => nodes
  const kept = new LRUCache<string, Redactor>({ max: MAX_KEPT, maxSize: MAX_NODES, sizeCalculation })
  return (secrets) => {
    if (secrets.length === 0) return NONE
    const key = JSON.stringify(secrets)
    const known = kept.get(key)
    if (known !== undefined) return known
    const made = createRedactor(secrets)
    if (made.nodes > 0) kept.set(key, made)
    return made
  }
}

/**
 * JSON texts to redact: secret settings, their former values, which other settings may still contain, and the hook's
 * key, which starts runs.
 */
export function secretsOf(
  { hookKey }: Pick<Workflow, 'hookKey'>,
  snapshot: Snapshot,
  former: readonly string[],
): string[] {
  const secrets = [...snapshot.values()].filter(({ secret }) => secret).map(({ value }) => value)
  return [...new Set([...secrets, ...(hookKey === null ? [] : [JSON.stringify(hookKey)]), ...former])]
}

export function newSecretsOf(snapshot: Snapshot, { patch }: Pick<Outcome, 'patch'>): string[] {
  return [...patch.set].filter(([key]) => snapshot.get(key)?.secret === true).map(([, value]) => value)
}

export const redactJson = (json: string, redact: Redact): string => asJson(json, redact(json))

export const redactLong = async (json: string, redact: Redactor): Promise<string> =>
  asJson(json, await redact.inSlices(json))

/** If a removed text is more than a string in the JSON, the whole text becomes `***`. */
export function asJson(json: string, redacted: string): string {
  if (redacted === json) return json
  try {
    JSON.parse(redacted)
    return redacted
  } catch {
    return '"***"'
  }
}

export const redactChanges = (changes: readonly SettingsChange[], redact: Redact): readonly SettingsChange[] =>
  changes.map(({ key, old, new: value }) => ({
    key: redact(key),
    old: old === null ? null : redactJson(old, redact),
    new: value === null ? null : redactJson(value, redact),
  }))

/**
 * Passes on lines in order. Holds back the parts of a cut line, because a secret may cross a cut. `end` passes them on
 * and resolves after all lines.
 */
export function createLineRedactor(first: Redactor, onLine: (line: LogLine) => void) {
  let redact = first
  const held = new Map<LogStream, LogLine[]>()
  let before: Promise<void> | null = null
  const passLater = async (lines: readonly LogLine[], text: string) => {
    await before
    passNow(lines, await redact.inSlices(text))
  }
  const passNow = (lines: readonly LogLine[], text: string) => {
    for (const line of cutAgain(lines, withoutEdges(lines, text, redact.longest))) onLine(line)
  }
  const pass = (stream: LogStream) => {
    const lines = held.get(stream) ?? []
    held.delete(stream)
    const text = lines.map((line) => line.text).join('')
    if (before === null && text.length <= MAX_AT_ONCE) return passNow(lines, redact(text))
    const later = passLater(lines, text).finally(() => {
      if (before === later) before = null
    })
    before = later
  }
  const tear = (stream: LogStream, parts: readonly LogLine[]) => {
    held.set(stream, parts.with(-1, { ...(parts.at(-1) as LogLine), torn: 'end' }))
    pass(stream)
  }
  return {
    redactWith(redactor: Redactor): void {
      redact = redactor
    },
    addLine(line: LogLine): void {
      const parts = held.get(line.stream) ?? []
      parts.push(line)
      held.set(line.stream, parts)
      if (!line.isCut || line.torn === 'end') pass(line.stream)
    },
    async end(): Promise<void> {
      for (const [stream, parts] of [...held]) tear(stream, parts)
      await before
    },
  }
}

/** A gap may also cut an e-mail address. */
const MIN_EDGE = 64

/** A gap may cut a secret, whose parts are shorter than the longest secret. */
function withoutEdges(lines: readonly LogLine[], text: string, longest: number): string {
  const edge = Math.max(MIN_EDGE, longest)
  const start = lines[0]?.torn === 'start' ? edge : 0
  const end = lines.at(-1)?.torn === 'end' ? edge : 0
  return text.slice(start, Math.max(start, text.length - end))
}

function cutAgain(lines: readonly LogLine[], text: string): LogLine[] {
  const cut: LogLine[] = []
  let start = 0
  do {
    let end = start + MAX_LINE
    if (end < text.length && /[\ud800-\udbff]/.test(text.charAt(end - 1))) end -= 1
    const from = lines[Math.min(cut.length, lines.length - 1)]
    if (from !== undefined) cut.push({ at: from.at, stream: from.stream, text: text.slice(start, end) })
    start = end
  } while (start < text.length)
  return cut
}

export async function redactOutcome(outcome: Outcome, redact: Redactor): Promise<Outcome> {
  const orNull = (text: string | null) => (text === null ? null : redact(text))
  const { response } = outcome
  return {
    ...outcome,
    message: orNull(outcome.message),
    traceback: orNull(outcome.traceback),
    result: orNull(outcome.result),
    label: orNull(outcome.label),
    response: response && {
      status: response.status,
      headers: response.headers.map(([name, value]) => [redact(name), redact(value)] as const),
      body: await redact.inSlices(response.body),
    },
    warnings: outcome.warnings.map((warning) => ({ ...warning, message: redact(warning.message) })),
    logs: await redactLines(outcome.logs, redact),
    calls: redactCalls(outcome.calls ?? [], redact),
  }
}

/** A cut log of 20,000 lines took 130 ms in one turn with its end in the worker. */
const LINES_AT_ONCE = 4096

async function redactLines(lines: readonly LogLine[], redact: Redactor): Promise<readonly LogLine[]> {
  if (lines.length === 0) return lines
  const redacted: LogLine[] = []
  const redactor = createLineRedactor(redact, (line) => redacted.push(line))
  for (const [index, line] of lines.entries()) {
    redactor.addLine(line)
    if ((index + 1) % LINES_AT_ONCE === 0) await setImmediate()
  }
  await redactor.end()
  return redacted
}
