/** Bundles of made-up decisions, and archives of hostile ones. */

import { generateKeyPairSync } from 'node:crypto'
import { strToU8, unzipSync, zipSync } from 'fflate'
import {
  archiveOf,
  type BundleContent,
  digestOfBytes,
  packBundle,
  signatureFile,
} from '../../../../src/domain/decisions/bundle/bundle.ts'
import { publicKeyOf, sign } from '../../../../src/domain/decisions/bundle/signature.ts'
import { codeDigest } from '../../../../src/domain/decisions/code-digest.ts'
import { type SealedDecision, sealDecision } from '../../../../src/domain/decisions/record.ts'
import { makeChain } from '../chain.ts'

export const makeKey = (): Buffer => generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' })

export const KEY = makeKey()
export const PUBLIC = publicKeyOf(KEY)

const CODE = { source: 'import workflows\n', files: { 'lib/rules.py': 'LEAST = 5\n' } }

export function contentOf(change: Partial<BundleContent> = {}): BundleContent {
  const [previous, second, next] = makeChain(3)
  if (previous === undefined || second === undefined || next === undefined) throw new Error('a chain of 3')
  const decision = resealed(second)
  return {
    decision,
    neighbours: { previous: { record: previous.record, sha256: previous.sha256 }, next: null },
    run: {
      id: 'run_2',
      first_id: 'run_2',
      kind: 'catch',
      runtime: 'python3',
      timeout_seconds: 30,
      memory_mib: 512,
      variables: {},
      call: { name: 'decision', number: 1 },
      secrets: [],
      packages: null,
    },
    request: { method: 'POST', url: '/hooks/x', query: '', headers: [['A', 'b']], body: '{}', encoding: 'utf8' },
    settings: { least: 5 },
    calls: [],
    answers: [],
    code: CODE,
    lock: null,
    sbom: {},
    ...change,
  }
}

function resealed({ record, content }: SealedDecision): SealedDecision {
  const { content_sha256: _, attributes_sha256: __, ...unsealed } = record
  if (content === null) throw new Error('a decision with content')
  return sealDecision({ ...unsealed, source_sha256: codeDigest(CODE) }, content, null).sealed
}

export const pack = (content = contentOf(), key: Uint8Array = KEY): Uint8Array =>
  packBundle(content, ['a note'], '2026-01-05T00:00:00.000Z', key)

export type Files = Record<string, Uint8Array>

/** Packs changed files. `level` compresses them. */
export function repack(bytes: Uint8Array, change: (files: Files) => void, level: 0 | 6 = 0): Uint8Array {
  const files = unzipSync(bytes)
  change(files)
  return level === 0 ? archiveOf(Object.entries(files)) : zipSync(files, { level })
}

/** Signs the manifest of changed files again, as a server would that holds the key. */
export function resign(files: Files, key: Uint8Array = KEY): void {
  const { 'manifest.json': old, 'signature.json': _, ...others } = files
  const manifest = {
    ...JSON.parse(Buffer.from(old ?? []).toString()),
    files: Object.fromEntries(Object.entries(others).map(([name, data]) => [name, digestOfBytes(data)])),
  }
  const signed = strToU8(JSON.stringify(manifest))
  files['manifest.json'] = signed
  files['signature.json'] = signatureFile(publicKeyOf(key), sign(key, signed))
}
