import type { CodeText } from '../modules/module-files.ts'
import { canonicalJson, sha256 } from './canonical.ts'

/** With modules, the digest covers the canonical JSON of all texts by path. */
export function codeDigest({ source, files }: CodeText): string {
  return Object.keys(files).length === 0 ? sha256(source) : sha256(canonicalJson({ ...files, '': source }))
}
