/** Finds listeners that may throw: callbacks of emitters, timers, servers and processes that no guard wraps. */

import ts from 'typescript'

export type BareListener = {
  readonly line: number
  readonly call: string
  readonly start: number
  readonly end: number
}

/** Methods that take a listener after the name of an event. */
const EMITTERS = new Set(['on', 'once', 'addListener', 'prependListener', 'prependOnceListener', 'addEventListener'])
/** Methods that take a listener off again, which must be the wrapped one. */
const REMOVERS = new Set(['off', 'removeListener', 'removeEventListener'])
const TIMERS = new Set(['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'nextTick'])
/** Functions that call a callback later, wherever it is among their arguments. */
const OTHERS = new Set(['createServer', 'createConnection', 'execFile', 'lookup'])
/** Methods of streams, sockets and servers that call a callback after their other arguments. */
const METHODS = new Set(['listen', 'write', 'end', 'connect', 'setTimeout'])
/** A listener may call these without a guard, since they never throw. */
const HARMLESS = new Set(['clearTimeout', 'clearInterval', 'clearImmediate'])

/**
 * Returns the listeners of a source that are neither `guarded(…)` nor harmless. Harmless are the functions that settle a
 * promise, and functions that call nothing but these and `clearTimeout`.
 */
export function findBareListeners(path: string, text: string): readonly BareListener[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const known = namesOf(source)
  const found: BareListener[] = []
  visit(source, (node) => {
    if (!ts.isCallExpression(node)) return
    for (const listener of listenersOf(node.expression, node.arguments, known)) {
      if (isSafe(listener, known)) continue
      const { line } = source.getLineAndCharacterOfPosition(listener.getStart())
      found.push({
        line: line + 1,
        call: `${nameOf(node.expression)}(…)`,
        start: listener.getStart(),
        end: listener.getEnd(),
      })
    }
  })
  return found
}

type Names = {
  /** Parameters of the functions that `new Promise` takes, and results of `Promise.withResolvers()`. */
  readonly resolvers: ReadonlySet<string>
  /** The values of constants, by name. A name that is used twice has two. */
  readonly values: ReadonlyMap<string, readonly ts.Node[]>
}

function namesOf(source: ts.SourceFile): Names {
  const resolvers = new Set<string>()
  const values = new Map<string, ts.Node[]>()
  const add = (name: string, value: ts.Node) => values.set(name, [...(values.get(name) ?? []), value])
  visit(source, (node) => {
    if (ts.isNewExpression(node) && node.expression.getText() === 'Promise') {
      const [executor] = node.arguments ?? []
      if (executor !== undefined && ts.isArrowFunction(executor))
        for (const { name } of executor.parameters) resolvers.add(name.getText())
    }
    if (ts.isFunctionDeclaration(node) && node.name !== undefined) add(node.name.text, node)
    if (!ts.isVariableDeclaration(node) || node.initializer === undefined) return
    if (ts.isIdentifier(node.name)) add(node.name.text, node.initializer)
    else if (node.initializer.getText().startsWith('Promise.withResolvers')) {
      for (const element of node.name.elements) if (ts.isBindingElement(element)) resolvers.add(element.name.getText())
    }
  })
  return { resolvers, values }
}

function listenersOf(callee: ts.Expression, args: readonly ts.Expression[], known: Names): readonly ts.Expression[] {
  const call = nameOf(callee)
  const [first, second] = args
  if (isGuarded(callee)) return []
  if (EMITTERS.has(call)) return second === undefined || isText(second) || !isText(first) ? [] : [second]
  if (REMOVERS.has(call)) return second === undefined || !isText(first) ? [] : [second]
  if (OTHERS.has(call)) return args.filter((argument) => isFunction(argument) || isLocalFunction(argument, known))
  if (ts.isPropertyAccessExpression(callee) && METHODS.has(call)) return args.slice(1).filter(isFunction)
  // `setTimeout(20)` of timers/promises takes no listener.
  return TIMERS.has(call) && first !== undefined && !ts.isNumericLiteral(first) ? [first] : []
}

function isSafe(listener: ts.Node, known: Names): boolean {
  if (ts.isCallExpression(listener)) return isGuarded(listener.expression)
  if (isFunction(listener)) return callsNothing(listener, known)
  if (isResolver(listener, known)) return true
  if (!ts.isIdentifier(listener)) return false
  const values = known.values.get(listener.text) ?? []
  return values.length > 0 && values.every((value) => isSafe(value, { ...known, values: new Map() }))
}

function callsNothing(node: ts.Node, known: Names): boolean {
  if (ts.isCallExpression(node)) {
    const callee = node.expression
    if (isGuarded(callee)) return true
    if (!HARMLESS.has(nameOf(callee)) && !isResolver(callee, known)) return false
  }
  if (ts.isNewExpression(node) && !node.expression.getText().endsWith('Error')) return false
  if (ts.isAwaitExpression(node) || ts.isThrowStatement(node)) return false
  return ts.forEachChild(node, (child) => !callsNothing(child, known) || undefined) === undefined
}

/** `guarded` of `guarded(…)` and `this.#guarded(…)`, `guarded.start`, `guard(…).start`, and `guard` itself. */
function isGuarded(callee: ts.Node): boolean {
  if (['guard', 'guarded'].includes(nameOf(callee))) return true
  if (!ts.isPropertyAccessExpression(callee)) return false
  const { expression: owner } = callee
  return nameOf(ts.isCallExpression(owner) ? owner.expression : owner).startsWith('guard')
}

/** `resolve` of `new Promise((resolve) => …)`, and `late.resolve` of `const late = Promise.withResolvers()`. */
function isResolver(node: ts.Node, { resolvers }: Names): boolean {
  if (ts.isIdentifier(node)) return resolvers.has(node.text)
  return ts.isPropertyAccessExpression(node) && ['resolve', 'reject'].includes(node.name.text)
}

const isLocalFunction = (node: ts.Node, { values }: Names): boolean =>
  ts.isIdentifier(node) &&
  (values.get(node.text) ?? []).some((value) => isFunction(value) || ts.isFunctionDeclaration(value))
const isFunction = (node: ts.Node): boolean => ts.isArrowFunction(node) || ts.isFunctionExpression(node)
const isText = (node: ts.Node | undefined): boolean => node !== undefined && ts.isStringLiteral(node)

/** The last name of `setTimeout`, `socket.on` or `this.#guarded`. */
function nameOf(node: ts.Node): string {
  if (ts.isPropertyAccessExpression(node)) return node.name.text.replace(/^#/, '')
  return ts.isIdentifier(node) ? node.text : ''
}

function visit(node: ts.Node, look: (node: ts.Node) => void): void {
  look(node)
  ts.forEachChild(node, (child) => visit(child, look))
}
