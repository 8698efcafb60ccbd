/** The annotated line of documents that no person would write. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Dialect } from '../../../../src/http/api/language/dialect.ts'
import { createNpmNames } from '../../../../src/http/api/language/npm-names.ts'
import { pythonDialect } from '../../../../src/http/api/language/python.ts'
import { createTranslator } from '../../../../src/http/api/language/translator.ts'
import { typescriptDialect } from '../../../../src/http/api/language/typescript.ts'

const PLACES = { work: '/w', packages: null, types: '/t' }
const typescript = typescriptDialect('catch', PLACES)
const python = pythonDialect('catch', '3.13', PLACES)
const MIB = 1024 * 1024
/**
 * Takes 25 ms of processor time on an idle machine, and longer where other programs slow it down. The kernel counts ticks
 * of 4 ms.
 */
const UNIT_STEPS = 4_500_000
/** The longest message takes 1 to 4. A search that starts again at each place takes seconds. */
const MAX_UNITS = 12

function assertShort(work: () => unknown): void {
  const before = processorMs(countUnit)
  const ms = processorMs(work)
  const units = ms / Math.max(before, processorMs(countUnit))
  assert.ok(units < MAX_UNITS, `${ms} ms are ${units} units`)
}

function countUnit(): number {
  let sum = 0
  for (let step = 0; step < UNIT_STEPS; step += 1) sum = (sum * 31 + step) % 1_000_003
  return sum
}

function processorMs(work: () => unknown): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}

const fill = (start: string, part: string): string =>
  start + part.repeat(Math.floor((MIB - start.length) / part.length))
const TEXTS: readonly (readonly [Dialect, string])[] = [
  [typescript, fill('export default function', ' ')],
  [typescript, fill('export default async', ' ')],
  [typescript, fill('export default function a', ' ')],
  [typescript, fill('const workflow=function', ' ')],
  [typescript, fill('const workflow=', '\t')],
  [typescript, fill('export default (', ',')],
  [typescript, fill('export default function(', '\n')],
  [typescript, fill('export default function (a)', '=')],
  [typescript, fill('export default function ({', '} ')],
  [typescript, fill('', '\nexport default function')],
  [typescript, `${fill('', '\n').slice(100)}\nexport default function (a) {}`],
  [python, fill('def', ' ')],
  [python, fill('async def workflow', ' ')],
  [python, fill('def workflow(', ',')],
  [python, `${fill('def workflow(', ',').slice(0, -1)})`],
  [python, fill('def workflow(a', ' ')],
  [python, fill('', '\ndef workflow(')],
]

for (const [{ source, annotate }, text] of TEXTS) {
  test(`Z3-05 a mebibyte of ${JSON.stringify(text.slice(-30))} after ${JSON.stringify(text.slice(0, 40))} in ${source} holds nothing`, () => {
    assertShort(() => annotate(text))
  })
}

test('Z3-05 a function with a name, with blanks, or without either has its types', () => {
  const heads = [
    'export default function(',
    'export default function  (',
    'export default function a1$ (',
    'const workflow = function(',
  ]
  for (const head of heads)
    assert.match(typescript.annotate(`${head}request) {}`)?.text ?? '', /request: WorkflowRequest\)/)
})

test('Z3-05 many names of packages in one message hold nothing, and neither do messages about them', () => {
  const specifier = (index: number) => `'npm:a@${'1 || '.repeat(95)}${index}'`
  const specifiers = Array.from({ length: 2000 }, (_, index) => specifier(index))
  const { hide, show } = createNpmNames('/p')
  assertShort(() => hide(specifiers))
  for (let count = 0; count < 4; count += 1) hide(specifiers)
  const [hidden = ''] = hide(specifiers)
  assertShort(() => show(hidden.repeat((4 * MIB) / hidden.length)))
  assert.equal(show(hidden), specifiers[0])
})

test('Z3-05 positions on the annotated line of many small objects hold nothing', () => {
  const translator = createTranslator('file:///w', () => ({
    text: '',
    line: 3,
    inserts: [{ at: 2, text: ': A' }],
    lines: 9,
  }))
  translator.update('')
  const message = JSON.parse(`[{"line":3,"character":5}${',{"a":0}'.repeat(250_000)}]`)
  assertShort(() => translator.toServer(message, 'file:///w'))
  assert.deepEqual(message[0], { line: 3, character: 8 })
})
