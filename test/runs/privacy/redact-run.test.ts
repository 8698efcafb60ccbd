import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LogLine } from '../../../src/domain/runs/run.ts'
import { createLineRedactor, createRedactors, secretsOf } from '../../../src/runs/privacy/redact-run.ts'
import { LogCollector } from '../../../src/workers/worker/log-collector.ts'

const SECRET = 'correct-horse-battery'
const CUT = 64 * 1024

/** What is shown of a printed text, which arrives in chunks. */
async function show(...chunks: readonly string[]): Promise<readonly LogLine[]> {
  const shown: LogLine[] = []
  const lines = createLineRedactor(createRedactors()([JSON.stringify(SECRET)]), (line) => shown.push(line))
  const collector = new LogCollector({ maxBytes: 1024 * 1024, onLine: lines.addLine })
  for (const chunk of chunks) collector.push('stdout', Buffer.from(chunk))
  collector.close()
  await lines.end()
  return shown
}

test('Y19 a secret across the cut of a long line is replaced', async () => {
  for (const before of [CUT - 1, CUT - 10, CUT - SECRET.length, CUT]) {
    const text = await show(`${'x'.repeat(before)}${SECRET}${'y'.repeat(100_000)}\nend\n`)
    const whole = text.map((line) => line.text).join('')
    assert.equal(whole, `${'x'.repeat(before)}***${'y'.repeat(100_000)}end`)
    assert.ok(text.every((line) => line.text.length <= CUT))
  }
})

test('a long line that never ends is shown when the run ends', async () => {
  const text = await show('x'.repeat(CUT), `${'x'.repeat(10)}${SECRET}`)
  assert.deepEqual(
    text.map((line) => line.text),
    ['x'.repeat(CUT), `${'x'.repeat(10)}***`],
  )
})

test('Z3-36 no part of a secret is shown next to a gap', async () => {
  // The gaps of both streams move over the secrets.
  for (let before = 0; before < SECRET.length; before += 4) {
    const shown: LogLine[] = []
    const live: LogLine[] = []
    const redact = createRedactors()([JSON.stringify(SECRET)])
    const lines = createLineRedactor(redact, (line) => live.push(line))
    const collector = new LogCollector({ maxBytes: 600_000, onLine: lines.addLine })
    const secrets = Buffer.from(`${'x'.repeat(before)}${SECRET.repeat(120_000)}\nend\n`)
    for (let at = 0; at < secrets.length; at += 50_000) collector.push('stdout', secrets.subarray(at, at + 50_000))
    const stored = createLineRedactor(redact, (line) => shown.push(line))
    for (const line of collector.close()) stored.addLine(line)
    await Promise.all([lines.end(), stored.end()])
    for (const { stream, text } of [...shown, ...live]) {
      if (stream !== 'system') assert.match(text, /^x*\**(?:end)?$/)
    }
    assert.ok(shown.some(({ text }) => text === 'end'))
  }
})

test('Z3-36 a torn line keeps what no secret can be cut in', async () => {
  const shown: LogLine[] = []
  const lines = createLineRedactor(createRedactors()([]), (line) => shown.push(line))
  const collector = new LogCollector({ maxBytes: 1_048_576 })
  const chunk = Buffer.from('w'.repeat(50_000))
  for (let sent = 0; sent < 40; sent += 1) collector.push('stdout', chunk)
  for (const line of collector.close()) lines.addLine(line)
  await lines.end()
  const kept = shown.filter(({ stream }) => stream === 'stdout').reduce((sum, { text }) => sum + text.length, 0)
  assert.ok(kept > 900_000, String(kept))
})

test('lines that were not cut are passed on at once', () => {
  const shown: string[] = []
  const lines = createLineRedactor(createRedactors()([JSON.stringify(SECRET)]), ({ text }) => shown.push(text))
  for (const text of [SECRET, 'b']) lines.addLine({ at: 1, stream: 'stdout', text })
  assert.deepEqual(shown, ['***', 'b'])
})

test('a long line is redacted in parts, and the lines behind it wait', async () => {
  const long = 'x'.repeat(600_000)
  const text = await show(`first\n${long}${SECRET}\nafter ${SECRET}\n`, 'last\n')
  const whole = text.map((line) => line.text)
  assert.equal(whole[0], 'first')
  assert.equal(whole.slice(1, -2).join(''), `${long}***`)
  assert.deepEqual(whole.slice(-2), ['after ***', 'last'])
})

test('redactors are made once for the same secrets, and a bounded number is kept', () => {
  const redactors = createRedactors()
  const first = redactors(['"secret-number-one"'])
  assert.equal(redactors(['"secret-number-one"']), first)
  for (let index = 0; index < 100; index += 1) redactors([`"secret-number-${index}"`])
  assert.notEqual(redactors(['"secret-number-one"']), first)
})

test('Y21 the key of the hook is a secret of every run', () => {
  const redact = createRedactors()(secretsOf({ hookKey: 'Zk3mPq8vT1xY7bN2wR5c' }, new Map(), []))
  assert.equal(redact('https://x.example/hooks/Zk3mPq8vT1xY7bN2wR5c?a=1'), 'https://x.example/hooks/***?a=1')
  assert.deepEqual(secretsOf({ hookKey: null }, new Map(), []), [])
})
