/** A signed ZIP with everything to take a decision again on another machine. */

import { createHash } from 'node:crypto'
import { strToU8, zipSync } from 'fflate'
import type { CodeText } from '../../modules/module-files.ts'
import type { RecordedAnswer } from '../../runs/outgoing.ts'
import { languageOf } from '../../shared/language.ts'
import type { Shape } from '../../shared/schemas.ts'
import { exportLine } from '../export.ts'
import type { DecisionRecord, SealedDecision } from '../record.ts'
import type { AnswersSchema, ManifestSchema, RequestSchema, RunSchema } from './schemas.ts'
import { type DecisionKey, publicKeyOf, sign } from './signature.ts'

export const BUNDLE_FORMAT = 1

/** A record without data about the person. */
export type Neighbour = { readonly record: DecisionRecord; readonly sha256: string }

export type Neighbours = { readonly previous: Neighbour | null; readonly next: Neighbour | null }

export type BundledRequest = NonNullable<Shape<typeof RequestSchema>>

export type BundledRun = Shape<typeof RunSchema>

export type BundledAnswer = Shape<typeof AnswersSchema>[number]

export type BundleContent = {
  readonly decision: SealedDecision
  readonly neighbours: Neighbours
  readonly run: BundledRun
  readonly request: BundledRequest | null
  /** JSON values. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly calls: readonly RecordedAnswer[]
  readonly answers: readonly BundledAnswer[]
  readonly code: CodeText
  /** Null for the base packages. */
  readonly lock: string | null
  readonly sbom: unknown
}

export type Manifest = Shape<typeof ManifestSchema>

export const MANIFEST = 'manifest.json'
export const SIGNATURE = 'signature.json'
export const CODE = 'code/'
export const LOCK = 'lock.txt'
export const FILES = ['decision', 'chain', 'run', 'request', 'settings', 'calls', 'answers', 'sbom'] as const

export const sourceName = (runtime: string): string =>
  languageOf(runtime) === 'python' ? `${CODE}workflow.py` : `${CODE}workflow.ts`

/** ZIP stores local times from 1980. */
const NO_TIME = new Date(1980, 0, 1)

/** Uncompressed: a reader needs no more memory than the archive has. */
export function packBundle(
  content: BundleContent,
  notes: readonly string[],
  createdAt: string,
  key: DecisionKey,
): Uint8Array {
  const files = filesOf(content)
  const manifest: Manifest = {
    format: BUNDLE_FORMAT,
    decision_id: content.decision.record.id,
    created_at: createdAt,
    notes,
    files: Object.fromEntries([...files].map(([name, bytes]) => [name, digestOfBytes(bytes)])),
  }
  const signed = textOf(manifest)
  const signature = signatureFile(publicKeyOf(key), sign(key, signed))
  return archiveOf([[MANIFEST, signed], [SIGNATURE, signature], ...files])
}

/** The same files have the same bytes, because a reader refuses all others. */
export const archiveOf = (files: Iterable<readonly [name: string, bytes: Uint8Array]>): Uint8Array =>
  zipSync(Object.fromEntries(files), { level: 0, mtime: NO_TIME })

export const signatureFile = (publicKey: string, signature: string): Uint8Array =>
  textOf({ algorithm: 'Ed25519', public_key: publicKey, signature })

export const digestOfBytes = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function filesOf(content: BundleContent): ReadonlyMap<string, Uint8Array> {
  const { decision, neighbours, run, request, settings, calls, answers, sbom, code, lock } = content
  const values = { chain: neighbours, run, request, settings, calls, answers, sbom }
  return new Map([
    ['decision.json', strToU8(`${exportLine(decision)}\n`)],
    ...Object.entries(values).map(([name, value]) => [`${name}.json`, textOf(value)] as const),
    [sourceName(run.runtime), strToU8(code.source)],
    ...Object.entries(code.files).map(([path, text]) => [`${CODE}${path}`, strToU8(text)] as const),
    ...(lock === null ? [] : [[LOCK, strToU8(lock)] as const]),
  ])
}

const textOf = (value: unknown): Uint8Array => strToU8(`${JSON.stringify(value, null, 2)}\n`)
