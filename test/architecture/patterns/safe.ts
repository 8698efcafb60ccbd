/** The patterns that recheck called safe, each by a hash. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pattern } from './extract.ts'

export const SAFE_FILE = join(import.meta.dirname, 'safe.json')

export const written = ({ source, flags }: Pick<Pattern, 'source' | 'flags'>): string => `/${source}/${flags}`
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 10)
export const readSafe = (): ReadonlySet<string> => new Set<string>(JSON.parse(readFileSync(SAFE_FILE, 'utf8')))
