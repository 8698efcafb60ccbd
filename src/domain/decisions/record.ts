/** A workflow's records form a chain of hashes without gaps. */

import { canonicalJson, digestOf, sha256 } from './canonical.ts'
import type { Attributes, Model } from './decision.ts'

type DecidedBy = 'automatic' | { readonly id: string; readonly name: string }

type Oversight = {
  readonly task_id: string
  readonly choice: string
  readonly at: string
  readonly seconds_open: number
}

/** Never erased. The hash covers the canonical form, including the previous hash. */
export type DecisionRecord = {
  readonly id: string
  /** Counts from 1 per workflow. */
  readonly number: number
  readonly workflow_id: string
  readonly workflow_name: string
  readonly run_id: string
  readonly version: number | null
  readonly source_sha256: string
  readonly lock_sha256: string | null
  readonly at: string
  readonly outcome: string
  readonly proposed: string
  readonly model: Model | null
  readonly score: number | null
  readonly decided_by: DecidedBy
  readonly oversight: Oversight | null
  readonly kept_until: string
  readonly content_sha256: string
  /** Null: no attributes. */
  readonly attributes_sha256: string | null
  readonly previous_sha256: string
}

/** An erasure empties it with the salt: the digest confirms no guess. */
export type DecisionContent = {
  readonly salt: string
  readonly subject: string
  readonly reasons: readonly string[]
  readonly inputs: unknown
  /** Written by the person who agreed or overruled. */
  readonly oversight_reason: string | null
}

export type SaltedAttributes = { readonly salt: string; readonly attributes: Attributes }

/** `content` is null if erased. */
export type SealedDecision = {
  readonly record: DecisionRecord
  readonly sha256: string
  readonly content: DecisionContent | null
  readonly erasedAt: string | null
}

export const NO_PREVIOUS = '0'.repeat(64)

type Unsealed = Omit<DecisionRecord, 'content_sha256' | 'attributes_sha256'>

type Written = { readonly sealed: SealedDecision; readonly recordJson: string }

/** The chain has the digest of `recordJson`, the canonical text. */
export function sealDecision(
  unsealed: Unsealed,
  content: DecisionContent,
  attributes: SaltedAttributes | null,
): Written {
  const { at, decided_by, ...rest } = unsealed
  // Sorted keys are hashed faster.
  const record = {
    at,
    attributes_sha256: attributes === null ? null : digestOf(attributes),
    content_sha256: digestOf(content),
    decided_by,
    ...rest,
  }
  const recordJson = canonicalJson(record)
  return { sealed: { record, sha256: sha256(recordJson), content, erasedAt: null }, recordJson }
}

const DAY_MS = 86_400_000

/**
 * A shorter period affects new decisions only, a longer one all: no change of the workflow deletes a decision early.
 */
export function isOver({ at, kept_until }: DecisionRecord, keepDays: number | null, now: number): boolean {
  return Date.parse(kept_until) <= now && (keepDays === null || Date.parse(at) + keepDays * DAY_MS <= now)
}

export const keptUntil = (at: number, keepDays: number): string => new Date(at + keepDays * DAY_MS).toISOString()
