import type { AnchoredHead } from '../../domain/alerts/alert.ts'
import type { Attributes, ProposedDecision } from '../../domain/decisions/decision.ts'
import type { OverseenDecision } from '../../domain/decisions/oversight.ts'
import type { DecisionRecord, SealedDecision } from '../../domain/decisions/record.ts'
import type { Anchor, ChainHead, ChainStart, CheckedDecision } from '../../domain/decisions/verify.ts'
import type { Actor } from '../../domain/shared/actor.ts'
import type { Page, PageQuery } from '../database/paging.ts'

export type DecidingRun = {
  readonly runId: string
  readonly workflowId: string
  readonly firstId: string
}

/** The chain assigns the number. */
export type NewDecision = {
  /** Null: the chain assigns it. */
  readonly id: string | null
  readonly workflowName: string
  readonly version: number | null
  readonly sourceSha256: string
  readonly lockSha256: string | null
  readonly keepDays: number
  readonly given: ProposedDecision
  readonly salt: string
  readonly attributesSalt: string
}

type OversightFilter = 'agreed' | 'overruled' | 'none'

export type Proposal = {
  readonly decision: NewDecision & { readonly id: string }
  readonly subjectHash: string
  readonly reasonRequired: boolean
}

export type Overseen = {
  readonly outcome: string
  readonly by: { readonly id: string; readonly name: string }
  readonly reason: string | null
  readonly oversight: NonNullable<DecisionRecord['oversight']>
}

export type PendingDecision = {
  readonly taskId: string
  readonly workflowId: string
  readonly runId: string
  readonly at: number
  readonly decision: Proposal['decision']
}

export type DecisionFilter = {
  readonly workflowId?: string
  readonly outcome?: string
  readonly subject?: string
  readonly since?: number
  readonly until?: number
  readonly oversight?: OversightFilter
}

/** `outcome` is what was proposed. */
export type PendingFilter = Omit<DecisionFilter, 'oversight'> & { readonly id?: string }

export type Chain = {
  readonly workflowId: string
  readonly start: ChainStart
  readonly head: ChainHead
  readonly anchored: { readonly number: number; readonly at: number }
}

export type AttributedOutcome = { readonly outcome: string; readonly attributes: Attributes | null }

export type PersonDecision = { readonly id: string; readonly workflowId: string; readonly decision: SealedDecision }

export type DecisionStore = {
  /** Newest first. */
  list(filter: DecisionFilter, page: PageQuery): Promise<Page<SealedDecision>>
  get(id: string): Promise<SealedDecision | null>
  getCall(id: string): Promise<{ readonly name: string; readonly number: number } | null>
  listChains(workflowId: string | null): Promise<readonly Chain[]>
  /** Returns a workflow with decisions or anchors but no chain. */
  findUnchained(workflowId: string | null): Promise<string | null>
  /** Returns them in order, with their attributes. */
  readChain(workflowId: string, after: number, limit: number): Promise<readonly CheckedDecision[]>
  listAttributed(
    filter: DecisionFilter,
    after: number,
    limit: number,
  ): Promise<readonly (AttributedOutcome & { readonly position: number })[]>
  listAnchors(workflowId: string): Promise<readonly Anchor[]>
  /** Ed25519 private key that signs bundles, as PKCS 8. */
  getKey(): Promise<Uint8Array>
  /** Newest first. */
  listPending(filter: PendingFilter, page: PageQuery): Promise<Page<PendingDecision>>
  listOverseen(filter: DecisionFilter): Promise<readonly OverseenDecision[]>
  hashSubject(subject: string): Promise<string>
  /** Writes the heads to the audit log, and sends one message to the channels with `anchors`. */
  anchorChains(heads: readonly AnchoredHead[], at: number, by: Actor): Promise<void>
  /**
   * Empties expired decisions, and deletes them at the beginning of the chain. `keepDays` is null for a deleted
   * workflow. Returns how many changed.
   */
  expire(workflowId: string, keepDays: number | null, now: number, limit: number): Promise<number>
  /** Decisions about a person, and those that contain the value. */
  findAbout(value: string): Promise<readonly PersonDecision[]>
}
