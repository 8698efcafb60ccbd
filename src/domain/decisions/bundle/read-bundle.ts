/** Reads an untrusted bundle. Nothing is written to disk, and its names are never paths. */

import { isUtf8 } from 'node:buffer'
import { unzipSync } from 'fflate'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { reasonOf } from '../../../errors.ts'
import { FILE_LIMITS, type ModuleFiles, validateFiles } from '../../modules/module-files.ts'
import { digestOf, sha256 } from '../canonical.ts'
import { codeDigest } from '../code-digest.ts'
import { readExportLine, verifyExport } from '../export.ts'
import type { SealedDecision } from '../record.ts'
import {
  archiveOf,
  BUNDLE_FORMAT,
  type BundleContent,
  CODE,
  digestOfBytes,
  FILES,
  LOCK,
  MANIFEST,
  type Manifest,
  type Neighbours,
  SIGNATURE,
  signatureFile,
  sourceName,
} from './bundle.ts'
import {
  AnswersSchema,
  CallsSchema,
  ChainSchema,
  ManifestSchema,
  RequestSchema,
  RunSchema,
  SettingsSchema,
  SignatureSchema,
} from './schemas.ts'
import { isSigned } from './signature.ts'

export class InvalidBundle extends Error {}

const MIB = 1024 * 1024
export const BUNDLE_LIMITS = { bytes: 96 * MIB, files: FILE_LIMITS.count + FILES.length + 4, notes: 50 } as const

export type Bundle = BundleContent & { readonly manifest: Manifest }

/** Throws InvalidBundle. A bundle is only as trustworthy as `publicKey`, which never comes from the bundle. */
export function readBundle(bytes: Uint8Array, publicKey: string): Bundle {
  try {
    return read(bytes, publicKey)
  } catch (error) {
    if (error instanceof InvalidBundle) throw error
    throw new InvalidBundle(`it cannot be read: ${reasonOf(error)}`)
  }
}

function read(bytes: Uint8Array, publicKey: string): Bundle {
  const files = unpack(bytes)
  const manifest = readManifest(files, publicKey)
  const run = jsonOf(files, 'run.json', RunSchema)
  const decision = readDecision(files, manifest)
  const neighbours = jsonOf(files, 'chain.json', ChainSchema) as Neighbours
  assertChain(decision, neighbours)
  const code = codeOf(files, run.runtime)
  const lock = files.has(LOCK) ? textOf(files, LOCK) : null
  assertCode(decision, code, lock)
  if (run.id !== decision.record.run_id) throw new InvalidBundle('the run is not the run of the decision')
  if ((lock === null) !== (run.packages === null)) throw new InvalidBundle('the lock does not fit the run')
  assertArchive(bytes, files, publicKey)
  return {
    manifest,
    decision,
    neighbours,
    run,
    code,
    lock,
    request: jsonOf(files, 'request.json', RequestSchema),
    settings: jsonOf(files, 'settings.json', SettingsSchema),
    calls: jsonOf(files, 'calls.json', CallsSchema),
    answers: jsonOf(files, 'answers.json', AnswersSchema),
    sbom: JSON.parse(textOf(files, 'sbom.json')),
  }
}

type Files = ReadonlyMap<string, Uint8Array>

/** No compressed files: a small archive could become large. */
function unpack(bytes: Uint8Array): Files {
  if (bytes.length > BUNDLE_LIMITS.bytes) throw new InvalidBundle(`it has more than ${BUNDLE_LIMITS.bytes} bytes`)
  const names = new Set<string>()
  let total = 0
  const found = unzipSync(bytes, {
    filter({ name, size, originalSize, compression }) {
      total += size
      if (!isKnown(name)) throw new InvalidBundle(`it has the unexpected file ${show(name)}`)
      if (names.has(name)) throw new InvalidBundle(`it has the file ${show(name)} twice`)
      if (compression !== 0 || size !== originalSize) throw new InvalidBundle(`${show(name)} is compressed`)
      if (total > bytes.length || names.size >= BUNDLE_LIMITS.files) throw new InvalidBundle('its files are too large')
      names.add(name)
      return true
    },
  })
  return new Map(Object.entries(found))
}

const KNOWN: readonly string[] = [MANIFEST, SIGNATURE, LOCK, ...FILES.map((name) => `${name}.json`)]

const isKnown = (name: string): boolean => KNOWN.includes(name) || name.startsWith(CODE)

/** Checks the signature first: nothing else of another server's bundle is read. */
function readManifest(files: Files, publicKey: string): Manifest {
  const { public_key: own, signature } = jsonOf(files, SIGNATURE, SignatureSchema)
  if (own !== publicKey) throw new InvalidBundle('it was signed with another key than the expected one')
  if (!isSigned(publicKey, bytesOf(files, MANIFEST), signature))
    throw new InvalidBundle('the signature does not fit the manifest, so the bundle was changed')
  const manifest = jsonOf(files, MANIFEST, ManifestSchema)
  if (manifest.format !== BUNDLE_FORMAT)
    throw new InvalidBundle(`it has the format ${manifest.format}, and this program reads ${BUNDLE_FORMAT}`)
  for (const name of files.keys())
    if (name !== MANIFEST && name !== SIGNATURE && !Object.hasOwn(manifest.files, name))
      throw new InvalidBundle(`${show(name)} is not in the manifest`)
  for (const [name, digest] of Object.entries(manifest.files))
    if (digestOfBytes(bytesOf(files, name)) !== digest) throw new InvalidBundle(`${show(name)} was changed`)
  return manifest
}

/** Throws InvalidBundle if any byte differs, even in a file's time. */
function assertArchive(bytes: Uint8Array, files: Files, publicKey: string): void {
  const { signature } = jsonOf(files, SIGNATURE, SignatureSchema)
  const own = signatureFile(publicKey, Buffer.from(signature, 'base64').toString('base64'))
  const whole = archiveOf([...files].map(([name, data]) => [name, name === SIGNATURE ? own : data]))
  if (!Buffer.from(whole.buffer, whole.byteOffset, whole.length).equals(bytes))
    throw new InvalidBundle('the archive was changed')
}

function readDecision(files: Files, manifest: Manifest): SealedDecision {
  const line = textOf(files, 'decision.json').trimEnd()
  const verifier = verifyExport()
  if (!verifier.line(line)) throw new InvalidBundle(`the decision: ${verifier.end().first_broken?.reason}`)
  const decision = readExportLine(line)
  if (decision === null || decision.content === null) throw new InvalidBundle('the decision was erased')
  if (decision.record.id !== manifest.decision_id) throw new InvalidBundle('the decision is another one')
  return decision
}

function assertChain({ record, sha256: own }: SealedDecision, { previous, next }: Neighbours): void {
  for (const neighbour of [previous, next]) {
    if (neighbour === null) continue
    if (digestOf(neighbour.record) !== neighbour.sha256)
      throw new InvalidBundle('a neighbour in the chain does not match its sha256')
    if (neighbour.record.workflow_id !== record.workflow_id)
      throw new InvalidBundle('a neighbour is of the chain of another workflow')
  }
  if (previous !== null && (previous.record.number !== record.number - 1 || previous.sha256 !== record.previous_sha256))
    throw new InvalidBundle('previous_sha256 is not the sha256 of the record before')
  if (next !== null && (next.record.number !== record.number + 1 || next.record.previous_sha256 !== own))
    throw new InvalidBundle('the record after does not name this decision')
}

function codeOf(files: Files, runtime: string): BundleContent['code'] {
  const own = sourceName(runtime)
  const paths = [...files.keys()].filter((name) => name.startsWith(CODE) && name !== own)
  const modules: ModuleFiles = Object.fromEntries(
    paths.map((name) => [name.slice(CODE.length), textOf(files, name)] as const),
  )
  const problem = validateFiles(modules, runtime)
  if (problem !== null) throw new InvalidBundle(problem)
  return { source: textOf(files, own), files: modules }
}

function assertCode({ record }: SealedDecision, code: BundleContent['code'], lock: string | null): void {
  if (codeDigest(code) !== record.source_sha256) throw new InvalidBundle('the code is not the code of the decision')
  if ((lock === null ? null : sha256(lock)) !== record.lock_sha256)
    throw new InvalidBundle('the lock is not the lock of the decision')
}

function jsonOf<Schema extends TSchema>(files: Files, name: string, schema: Schema): Static<Schema> {
  const value: unknown = JSON.parse(textOf(files, name))
  if (!Value.Check(schema, value)) throw new InvalidBundle(`${name} does not have the expected fields`)
  return value
}

function textOf(files: Files, name: string): string {
  const bytes = bytesOf(files, name)
  if (!isUtf8(bytes)) throw new InvalidBundle(`${show(name)} is not UTF-8`)
  return Buffer.from(bytes).toString('utf8')
}

function bytesOf(files: Files, name: string): Uint8Array {
  const bytes = files.get(name)
  if (bytes === undefined) throw new InvalidBundle(`the file ${show(name)} is missing`)
  return bytes
}

const show = (name: string): string => JSON.stringify(name.slice(0, 100))
