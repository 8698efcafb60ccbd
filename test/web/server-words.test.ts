/** The app has its own words for what the server says of runs and ticks, in the server's very sentences. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { describeRunFailure, outOfMemoryFailure } from '../../src/workers/worker/failures.ts'
import type { RunReport } from '../../src/workers/worker/reports.ts'
import { findServerWords } from '../../web/src/lib/notices/server-words.ts'

const LIMITS = { timeoutMs: 2500, memoryBytes: 512 * 1024 * 1024, peakBytes: 11 * 1024 * 1024, source: '', files: {} }
const REPORT: RunReport = { result: null, garbage: false, ended: null, peak: 0, stop: null, how: '', stacks: '' }

test('why a run ended without a result is said in the language of the page', () => {
  for (const report of [
    { stop: 'timeout' },
    { stop: 'cancelled' },
    { stop: 'memory' },
    { ended: { exit: null, signal: 9, peak: 0 } },
    { ended: { exit: 3, signal: null, peak: 0 } },
  ] as const) {
    const { message } = describeRunFailure({ ...REPORT, ...report }, LIMITS)
    assert.notEqual(findServerWords(message), null, message)
  }
  const { message } = outOfMemoryFailure(LIMITS, '')
  assert.equal(
    message,
    'The run reached its memory limit of 512 MiB: one allocation asked for more than was left (peak 11 MiB)',
  )
  assert.match(findServerWords(message) ?? '', /^One allocation asked for more/)
  const full = outOfMemoryFailure({ ...LIMITS, peakBytes: LIMITS.memoryBytes }, ' and was stopped').message
  assert.equal(full, 'The run reached its memory limit of 512 MiB and was stopped (peak 512 MiB)')
  assert.equal(findServerWords(full), 'The run reached its memory limit of 512 MiB')
})

test('sentences of ticks, lost runs, warnings and the sandbox are those of the server', () => {
  for (const [path, sentences] of Object.entries({
    'domain/schedules/ticks.ts': [
      'overlap: the last run is still under way',
      'overlap: a run is waiting already',
      'the server was down',
      'caught up after the server was down',
    ],
    'http/api/people/people.ts': ['expected an address such as ada@example.com.'],
    'domain/alerts/channel.ts': [
      'expected an http or https URL without a user name.',
      'expected whsec_ and base64 of 16 bytes or more (the value is not shown).',
    ],
    'store/runs/write/recovery.ts': [
      'The server stopped, or abandoned this run, while it was under way. It may have done part of its work; it can be replayed.',
    ],
    'runs/execution/execute.ts': [
      'The caller closed its connection before the answer was ready, and did not receive it.',
      "This run got its request as it was stored: the workflow's privacy rules had removed parts of it.",
    ],
    'workers/pool/probe.ts': [
      'Every workflow runs in its own sandbox (bubblewrap), which was tested at this start: processes, files, network and system calls are isolated.',
      'Functions have no network.',
    ],
    'workers/pool/outcomes.ts': ['The run was cancelled before it started'],
    'workers/pool/fork-test.ts': [
      'Whether runs in JavaScript can be forks of a loaded process is tested before the first of them.',
      'Each run in JavaScript is a fork of a process that has loaded its version, unless that would differ from a new process. Forks were tested since this start.',
    ],
  })) {
    const source = readFileSync(join(import.meta.dirname, '../../src', path), 'utf8')
    for (const sentence of sentences) {
      assert.ok(source.includes(sentence), `${path}: ${sentence}`)
      assert.notEqual(findServerWords(sentence), null, sentence)
    }
  }
})

test('channels that an import left out are named in the language of the page', () => {
  const left = 'alerts.channels: there is no channel "chan_a", "chan_b", so it was left out.'
  assert.equal(findServerWords(left), 'There is no channel "chan_a", "chan_b" here, so it was left out.')
  const none = " No channel is left, so the installation's rule applies."
  assert.match(findServerWords(left + none) ?? '', /No channel is left, so the installation’s rule applies\.$/)
  const source = readFileSync(join(import.meta.dirname, '../../src/http/api/folders/read-folder.ts'), 'utf8')
  assert.ok(source.includes(none))
})

test('words of a function stay as they are', () => {
  for (const text of ["KeyError: 'the server was down'", '', 'x'.repeat(1_000_000)]) {
    assert.equal(findServerWords(text), null)
  }
})
