/** A line of the audit log is written in the transaction of its change. Types ensure it elsewhere: only a transaction of the store has `audit`. */

import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '../..')

test('only the store and the transactions of better-auth insert lines of the audit log', () => {
  const found = globSync('src/**/*.ts', { cwd: ROOT }).filter((path) =>
    /\binsertAudit\b|'audit_log'/.test(readFileSync(join(ROOT, path), 'utf8')),
  )
  assert.deepEqual(
    found.filter((path) => !path.startsWith('src/store/')),
    ['src/http/auth/sign-in/recorded-writes.ts'],
  )
})
