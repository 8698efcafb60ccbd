import type { Outcome, RunResponse } from '../../domain/runs/run.ts'
import { EMPTY_PATCH } from '../../domain/settings/patch.ts'
import { asJson, type Redactors, redactLong } from '../privacy/redact-run.ts'
import type { KeptRun } from '../privacy/rules.ts'

const JSON_HEADERS: RunResponse['headers'] = [['Content-Type', 'application/json']]

/** Removes secrets, and texts by privacy rules. */
export async function showOf(
  redactors: Redactors,
  kept: KeptRun | null,
  json: string,
  secrets: readonly string[],
): Promise<string> {
  const redacted = await redactLong(json, redactors(secrets))
  if (kept === null) return redacted
  const { response } = await kept.outcome({
    ...EMPTY,
    response: { status: 200, headers: JSON_HEADERS, body: redacted },
  })
  return asJson(redacted, response?.body ?? '')
}

const EMPTY: Outcome = {
  status: 'succeeded',
  code: null,
  message: null,
  traceback: null,
  line: null,
  response: null,
  result: null,
  label: null,
  patch: EMPTY_PATCH,
  warnings: [],
  logs: [],
  timing: {},
  peakMemoryBytes: null,
}

export async function showText(
  redactors: Redactors,
  kept: KeptRun | null,
  text: string,
  secrets: readonly string[],
): Promise<string> {
  return String(JSON.parse(await showOf(redactors, kept, JSON.stringify(text), secrets)))
}
