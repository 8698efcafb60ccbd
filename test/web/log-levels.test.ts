import assert from 'node:assert/strict'
import { test } from 'node:test'
import { levelOf, linesFrom } from '../../web/src/lib/ui/text/log-levels.ts'

test('levels of usual loggers are read, and no others', () => {
  for (const [text, level] of [
    ['ERROR root: no profile', 'error'],
    ['2026-11-26 10:00:01,123 WARNING app: slow', 'warning'],
    ['[2026-11-26T10:00:01Z] [CRITICAL] down', 'error'],
    ['\u001b[31mERROR\u001b[0m red', 'error'],
    ['{"time":1,"level":"warn","msg":"slow"}', 'warning'],
    ['error: no such file', 'error'],
    ['INFO urllib3: ok', 'info'],
    ['ERRORS were not found', null],
    ['no error: fine', null],
    ['1 profile', null],
  ] as const) {
    assert.equal(levelOf(text), level, text)
  }
})

test('lines from a level on keep what belongs to them', () => {
  const texts = [
    'one',
    'WARNING root: two',
    '  more of two',
    'three',
    'ERROR root: four',
    'Traceback (most recent call last):',
    '  File "workflow.py", line 1',
    'ValueError: four',
    '  five',
  ]
  const lines = texts.map((text) => ({ at: '', stream: 'stderr' as const, text }))
  const shown = (least: 'all' | 'warning' | 'error') => linesFrom(lines, least).map(({ text }) => text)
  assert.deepEqual(shown('all'), texts)
  assert.deepEqual(shown('warning'), [...texts.slice(1, 3), ...texts.slice(4, 8)])
  assert.deepEqual(shown('error'), texts.slice(4, 8))
})

test('a line of megabytes takes no time', () => {
  for (const text of [`{${' '.repeat(2_000_000)}`, '1'.repeat(2_000_000), '{"level":'.repeat(200_000)]) levelOf(text)
})
