/** Redacts the secrets of a workflow from what its runs print and return. */

import type { LogLine, LogStream, Outcome, SettingsChange } from '../../domain/run.ts'
import { createRedactor, type Redact, type Redactor } from '../../domain/secrets/redact.ts'
import type { Snapshot } from '../../domain/settings.ts'
import { redactCalls } from '../../domain/trials/outgoing.ts'
import type { Workflow } from '../../domain/workflow.ts'

/** Redactors that are kept: making one takes about a millisecond a secret. */
const MAX_KEPT = 64
/** Of all redactors together: some 20 MiB. */
const MAX_NODES = 1_000_000
/** A line that was joined is cut again into parts of this many characters. */
const MAX_LINE = 64 * 1024
/** Characters that are redacted at once: a longer line, of up to 1 MiB, would hold the event loop for 60 ms and more. */
const MAX_AT_ONCE = 256 * 1024

/** Returns a redactor for secrets, which are JSON texts. Those used last are kept. */
export type Redactors = (secrets: readonly string[]) => Redactor

export function createRedactors(): Redactors {
  const kept = new Map<string, Redactor>()
  let nodes = 0
  const drop = (key: string) => {
    nodes -= kept.get(key)?.nodes ?? 0
    kept.delete(key)
  }
  return (secrets) => {
    const key = JSON.stringify(secrets)
    const found = kept.get(key) ?? createRedactor(secrets)
    if (found.nodes === 0) return found
    drop(key)
    kept.set(key, found)
    nodes += found.nodes
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_KEPT && nodes <= MAX_NODES) break
      drop(oldest)
    }
    return found
  }
}

/**
 * Returns the texts, as JSON, that nothing may show that a run prints or returns: secret settings and their former values, which
 * other settings may still hold, and the key of the hook, which `_request.url` ends with. Who knows it can start runs.
 */
export function secretsOf(
  { hookKey }: Pick<Workflow, 'hookKey'>,
  snapshot: Snapshot,
  former: readonly string[],
): string[] {
  const secrets = [...snapshot.values()].filter(({ secret }) => secret).map(({ value }) => value)
  return [...new Set([...secrets, ...(hookKey === null ? [] : [JSON.stringify(hookKey)]), ...former])]
}

/** Secrets as a run has changed them: neither the old nor the new value may be stored in clear. */
export function newSecretsOf(snapshot: Snapshot, { patch }: Outcome): string[] {
  return [...patch.set].filter(([key]) => snapshot.get(key)?.secret === true).map(([, value]) => value)
}

/** Redacts a JSON text, so that it stays JSON: where a secret is more than a text in it, all of it is `***`. */
export function redactJson(json: string, redact: Redact): string {
  const redacted = redact(json)
  if (redacted === json) return json
  try {
    JSON.parse(redacted)
    return redacted
  } catch {
    return '"***"'
  }
}

/** The changes of settings as all may see them. */
export const redactChanges = (changes: readonly SettingsChange[], redact: Redact): readonly SettingsChange[] =>
  changes.map(({ key, old, new: value }) => ({
    key: redact(key),
    old: old === null ? null : redactJson(old, redact),
    new: value === null ? null : redactJson(value, redact),
  }))

/**
 * Passes the lines of a log on, redacted and in order. Parts of a line that was cut are held back and redacted together, so that no
 * secret is shown that lies across a cut; `end` passes on what is still held back, and resolves when all has been passed on. The line
 * that is still held then has lost its end.
 */
export function createLineRedactor(redact: Redactor, onLine: (line: LogLine) => void) {
  const held = new Map<LogStream, LogLine[]>()
  /** A long line that is being redacted; the lines after it wait. */
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

/** Characters that are always removed where a line is torn. A part of an e-mail address may be there, too. */
const MIN_EDGE = 64

/** Removes the characters next to a gap. A secret may be cut there, and each part of it is shorter than the longest secret. */
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
    // Not between the halves of a surrogate pair.
    if (end < text.length && /[\ud800-\udbff]/.test(text.charAt(end - 1))) end -= 1
    const from = lines[Math.min(cut.length, lines.length - 1)]
    if (from !== undefined) cut.push({ at: from.at, stream: from.stream, text: text.slice(start, end) })
    start = end
  } while (start < text.length)
  return cut
}

/** Returns the outcome as it may be stored. The answer may be long: other work runs meanwhile. */
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

async function redactLines(lines: readonly LogLine[], redact: Redactor): Promise<readonly LogLine[]> {
  const redacted: LogLine[] = []
  const redactor = createLineRedactor(redact, (line) => redacted.push(line))
  for (const line of lines) redactor.addLine(line)
  await redactor.end()
  return redacted
}
