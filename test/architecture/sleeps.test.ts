/** Tests wait for states, or move a clock. A fixed pause costs its time in every run, and is too short on a busy machine. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import ts from 'typescript'
import { isTypeScript, readSources } from './sources.ts'

const MAX_MS = 499
const SLEEPS = new Set(['delay', 'pause', 'sleep', 'waitForTimeout'])

/** Lines that pause for half a second or longer: `sleep(500)`, or a promise that `setTimeout` resolves. */
function findPauses(path: string, text: string): readonly number[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const constants = new Map<string, ts.Expression>()
  const found: number[] = []
  const millisecondsOf = (node: ts.Expression | undefined): number => {
    if (node === undefined) return 0
    const value = ts.isIdentifier(node) ? constants.get(node.text) : node
    return value !== undefined && ts.isNumericLiteral(value) ? Number(value.text) : 0
  }
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer !== undefined)
      constants.set(node.name.text, node.initializer)
    if (ts.isCallExpression(node) && millisecondsOf(pauseOf(node)) > MAX_MS)
      found.push(source.getLineAndCharacterOfPosition(node.getStart()).line + 1)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** The argument that says how long the call pauses its test. A timer that only ends something pauses none. */
function pauseOf({ expression, arguments: given, parent }: ts.CallExpression): ts.Expression | undefined {
  const name = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText()
  const isOfClock = ts.isPropertyAccessExpression(expression) && name === 'sleep'
  if (SLEEPS.has(name) && !isOfClock) return given[0]
  const [callback, ms] = given
  const isPromise = ts.isArrowFunction(parent) || ts.isExpressionStatement(parent)
  return name === 'setTimeout' && isPromise && callback !== undefined && ts.isIdentifier(callback) ? ms : undefined
}

test('no test pauses for half a second or longer', () => {
  const found = readSources(['test'], isTypeScript).flatMap(({ path, text }) =>
    findPauses(path, text).map((line) => `${path}:${line}`),
  )
  assert.deepEqual(found, [])
})

test('a pause is found, also by a constant, and clocks that a test moves are none', () => {
  const text = `const REST_MS = 1200
await sleep(REST_MS)
await new Promise((resolve) => setTimeout(resolve, 500))
await delay(499)
await clock.sleep(5000)
const timer = setTimeout(() => child.kill(), 5000)
await page.waitForTimeout(1_000)`
  assert.deepEqual(findPauses('a.ts', text), [2, 3, 7])
})
