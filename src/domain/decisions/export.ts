/** Lines of JSON, verifiable without the server. */

import { isObject } from '../json/is-object.ts'
import { parseExact } from './canonical.ts'
import type { DecisionContent, DecisionRecord, SealedDecision } from './record.ts'
import { type Broken, type ChainVerifier, type Verification, verifyChain } from './verify.ts'

const RECORD_FIELDS = {
  id: true,
  number: true,
  workflow_id: true,
  workflow_name: true,
  run_id: true,
  version: true,
  source_sha256: true,
  lock_sha256: true,
  at: true,
  outcome: true,
  proposed: true,
  model: true,
  score: true,
  decided_by: true,
  oversight: true,
  kept_until: true,
  content_sha256: true,
  attributes_sha256: true,
  previous_sha256: true,
} as const satisfies Record<keyof DecisionRecord, true>

const OTHER_FIELDS = ['subject', 'reasons', 'inputs', 'salt', 'erased_at', 'sha256']

/** `salt` and erased fields are null after an erasure. */
export function exportLine({ record, sha256, content, erasedAt }: SealedDecision): string {
  const { oversight } = record
  return JSON.stringify({
    ...record,
    oversight: oversight === null ? null : { ...oversight, reason: content?.oversight_reason ?? null },
    subject: content?.subject ?? null,
    reasons: content?.reasons ?? null,
    inputs: content?.inputs ?? null,
    salt: content?.salt ?? null,
    erased_at: erasedAt,
    sha256,
  })
}

type ExportedChain = {
  readonly workflow_id: string
  readonly first: number
  readonly last: number
  /** An anchor proves that the export has all later records. Nothing else does. */
  readonly head_sha256: string
}

type ExportVerification = Verification & { readonly chains: readonly ExportedChain[] }

export type ExportVerifier = {
  /** Returns false from the first broken record on. */
  line(text: string): boolean
  end(): ExportVerification
}

/** A file may have several workflows, and a chain may begin later. */
export function verifyExport(): ExportVerifier {
  const verifiers = new Map<string, ChainVerifier>()
  const chains = new Map<string, ExportedChain>()
  let lines = 0
  let broken: Broken | null = null
  return {
    line(text) {
      if (broken !== null) return false
      lines += 1
      const decision = readExportLine(text)
      if (decision === null) {
        broken = { id: null, number: lines, reason: `line ${lines} is not a decision` }
        return false
      }
      const { workflow_id: id, number } = decision.record
      const verifier = verifiers.get(id) ?? verifyChain(null)
      verifiers.set(id, verifier)
      if (!verifier.check(decision)) {
        broken = verifier.end(null).first_broken
        return false
      }
      const first = chains.get(id)?.first ?? number
      chains.set(id, { workflow_id: id, first, last: number, head_sha256: decision.sha256 })
      return true
    },
    end() {
      const checked = [...verifiers.values()].reduce((sum, verifier) => sum + verifier.end(null).checked, 0)
      return { checked, ok: broken === null, first_broken: broken, chains: [...chains.values()] }
    },
  }
}

/** Does not check the digests. */
export function readExportLine(text: string): SealedDecision | null {
  const line = parse(text)
  if (line === null) return null
  const fields = Object.keys(RECORD_FIELDS)
  const known = [...fields, ...OTHER_FIELDS]
  // No digest covers another field.
  if (!known.every((name) => name in line) || Object.keys(line).length !== known.length) return null
  const { sha256, erased_at: erasedAt, number, workflow_id: id, oversight } = line
  if (typeof sha256 !== 'string' || !Number.isInteger(number) || typeof id !== 'string') return null
  if (erasedAt !== null && typeof erasedAt !== 'string') return null
  if (oversight !== null && !isObject(oversight)) return null
  const { reason = null, ...shown } = oversight ?? {}
  if (line.salt === null && [line.subject, line.reasons, line.inputs, reason].some((part) => part !== null)) return null
  const entries = fields.map((name) => [name, name === 'oversight' && oversight !== null ? shown : line[name]])
  const record: DecisionRecord = Object.fromEntries(entries)
  return { record, sha256, content: contentOf(line, reason), erasedAt }
}

/** A wrong field has a wrong digest. */
function contentOf({ salt, subject, reasons, inputs }: Line, reason: unknown): DecisionContent | null {
  if (salt === null) return null
  return { salt, subject, reasons, inputs, oversight_reason: reason } as DecisionContent
}

type Line = Readonly<Record<string, unknown>>

function parse(text: string): Line | null {
  try {
    const line = parseExact(text)
    return isObject(line) ? line : null
  } catch {
    return null
  }
}
