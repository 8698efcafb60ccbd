import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseWorkflowYaml, writeYaml } from '../../../src/domain/folders/yaml.ts'

const HOSTILE: Readonly<Record<string, readonly [text: string, found: RegExp]>> = {
  braces: [`name: a\n${'}'.repeat(64 * 1024)}`, /Unexpected flow-map-end token .* at line 2, column 1/],
  escapes: [`description: "${'\\q'.repeat(32 * 1024)}"`, /Invalid escape sequence \\q at line 1, column 15$/],
  commas: [`{${','.repeat(64 * 1024)}}`, /Unexpected , in flow map at line 1, column 3/],
  quotes: ['"'.repeat(64 * 1024), /Unexpected double-quoted-scalar/],
  anchors: ['&a '.repeat(20 * 1024), /at most one anchor/],
  documents: ['name: a\n---\nname: b\n', /a second document/],
  warnings: ['%X y\n---\nname: a\n', /Unknown directive %X/],
  levels: ['['.repeat(64 * 1024), /Maximum call stack/],
}

for (const [name, [text, found]] of Object.entries(HOSTILE)) {
  test(`Z3-04 YAML with many ${name} is refused at its first error`, () => {
    const before = process.threadCpuUsage()
    assert.throws(() => parseWorkflowYaml(text), { code: 'invalid_archive', message: found })
    const { user } = process.threadCpuUsage(before)
    assert.ok(user < 1_000_000, `${user} µs of processor time`)
  })
}

test('a text of blank lines comes back as it was', () => {
  for (const description of [' \n', '\n \n', '\t\n', ' ', '\n\n']) {
    assert.deepEqual(parseWorkflowYaml(writeYaml({ name: 'a', description })), { name: 'a', description })
  }
})

test('Z3-04 a thousand keys or items that nest on one line are refused', () => {
  for (const mark of ['? ', '- '])
    assert.throws(() => parseWorkflowYaml(`name: a\n  ${mark.repeat(1000)}`), /more than 31 levels on one line/)
})

test('a key that is there twice is refused with its line, on every level', () => {
  for (const [text, found] of [
    ['name: a\nkind: catch\nname: b\n', /: the key "name" twice at line 3, column 1$/],
    ['name: a\nschedule:\n  cron: x\n  cron: y\n', /: the key "cron" twice at line 4, column 3$/],
    ['name: a\nlanes: {1: a, "1": b}\n', /: the key "1" twice at line 2, column 15$/],
  ] as const)
    assert.throws(() => parseWorkflowYaml(text), { code: 'invalid_archive', message: found })
})
