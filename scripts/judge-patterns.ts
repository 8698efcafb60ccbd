/**
 * Adds new safe patterns to safe.json. Only this script installs recheck, which takes 60 MB.
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ACCEPTED } from '../test/architecture/patterns/accepted.ts'
import { findPatterns } from '../test/architecture/patterns/extract.ts'
import { hashOf, readSafe, SAFE_FILE, written } from '../test/architecture/patterns/safe.ts'

const RECHECK = 'recheck@4.5.0'
const MAX_MS = 20_000

type Recheck = { checkSync(source: string, flags: string, options: { timeout: number }): { readonly status: string } }

const folder = mkdtempSync(join(tmpdir(), 'workflows-recheck-'))
try {
  execFileSync('npm', ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', RECHECK], {
    stdio: 'inherit',
  })
  const { checkSync }: Recheck = createRequire(join(folder, 'package.json'))('recheck')
  const known = readSafe()
  const safe = new Set<string>()
  for (const pattern of findPatterns()) {
    const text = written(pattern)
    const hash = hashOf(text)
    if (safe.has(hash) || ACCEPTED.has(text)) continue
    const status = known.has(hash) ? 'safe' : checkSync(pattern.source, pattern.flags, { timeout: MAX_MS }).status
    if (status === 'safe') safe.add(hash)
    else process.stdout.write(`${pattern.place} ${text} is ${status}\n`)
  }
  writeFileSync(SAFE_FILE, `${JSON.stringify([...safe].sort(), null, 2)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
