/** Forks of Node are used where their test passes, and *System* says so. */

import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { PoolOptions } from '../../../src/workers/pool/options.ts'
import { makeJob, openPool } from '../../helpers/pool.ts'

const RUNTIMES = join(import.meta.dirname, '../../../runtimes')
// Which process started the one of the run: a fork was loaded before it began.
const SOURCE = `const loaded = performance.timeOrigin + performance.now()
export default () => ({ status_code: 200, body: String(performance.timeOrigin > loaded) })`

/** Returns whether runs are forks, and what System says before and after the first run. */
async function look(options: Partial<PoolOptions>): Promise<{ forked: string | undefined; notes: readonly string[] }> {
  const pool = await openPool({ spares: false, zygotes: true, ...options })
  const noteOf = () => pool.sandbox.notes.find((note) => note.includes('JavaScript')) ?? ''
  try {
    const before = noteOf()
    const { response, message } = await pool.execute(makeJob({ source: SOURCE, runtime: 'node24' }))
    assert.equal(message, null)
    return { forked: response?.body, notes: [before, noteOf()] }
  } finally {
    await pool.close()
  }
}

test('runs are forks if the test passes', async () => {
  const { forked, notes } = await look({})
  assert.equal(forked, 'true')
  assert.match(notes[0] ?? '', /is tested before the first of them/)
  assert.match(notes[1] ?? '', /^Each run in JavaScript is a fork .* Forks were tested since this start/)
})

test('each run has a new process if the addon is absent, and the log says why', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-runtimes-'))
  const warned: string[] = []
  try {
    cpSync(RUNTIMES, folder, {
      recursive: true,
      filter: (path) => !path.endsWith('.node') && !path.includes('__pycache__'),
    })
    const log = { info: () => {}, error: () => {}, warn: (_facts: object, text: string) => void warned.push(text) }
    const { forked, notes } = await look({ runtimesDir: folder, log })
    assert.equal(forked, 'false')
    assert.match(notes[1] ?? '', /process of Node that was started anew.* because a fork failed its test/)
    assert.ok(warned.includes(notes[1] ?? ''))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('each run has a new process if copies are switched off', async () => {
  const { forked, notes } = await look({ zygotes: false })
  assert.equal(forked, 'false')
  assert.match(notes[1] ?? '', /because WORKFLOWS_ZYGOTES is off/)
})
