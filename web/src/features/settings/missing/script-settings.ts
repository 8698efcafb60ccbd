import { type SyntaxNode, stringOf, textOf, type Use } from './setting-use.ts'

export function scriptUse(node: SyntaxNode, source: string): Use | null {
  if (node.name === 'PatternProperty') return destructuredUse(node, source)
  if (node.name === 'String') return testedUse(node, source)
  if (node.name !== 'MemberExpression' || textOf(node.firstChild, source) !== 'settings') return null
  const key = node.getChild('String')
  const name = key === null ? textOf(node.getChild('PropertyName'), source) : stringOf(key, source)
  // A called member is a method.
  if (name === null || name === '' || node.parent?.name === 'CallExpression') return null
  return { name, at: node.from, kind: kindOf(node, source) }
}

/** `const { NAME } = settings`, and the function's parameter `{ NAME }`. */
function destructuredUse(node: SyntaxNode, source: string): Use | null {
  const pattern = node.parent
  const isOfSettings =
    pattern?.parent?.name === 'ParamList'
      ? textOf(pattern.parent.prevSibling, source) === 'workflow' && !textOf(pattern.nextSibling, source).includes(',')
      : textOf(pattern?.nextSibling?.nextSibling ?? null, source) === 'settings'
  if (!isOfSettings) return null
  const [name = ''] = /^[\w$]+/.exec(textOf(node, source)) ?? []
  return name === '' ? null : { name, at: node.from, kind: node.getChild('Equals') === null ? 'read' : 'optional' }
}

function testedUse(node: SyntaxNode, source: string): Use | null {
  const name = stringOf(node, source)
  const isTested = node.parent?.name === 'BinaryExpression' && textOf(node.parent.lastChild, source) === 'settings'
  return name !== null && isTested ? { name, at: node.from, kind: 'optional' } : null
}

const LOGIC = /^(\?\?|\|\||&&|===?|!==?)$/

function kindOf(node: SyntaxNode, source: string): Use['kind'] {
  const { parent } = node
  const isFirst = parent?.firstChild?.from === node.from
  if (parent?.name === 'AssignmentExpression' && isFirst)
    return parent.getChild('UpdateOp') === null ? 'write' : 'optional'
  if (isOptional(node, source)) return 'optional'
  for (let outer = parent; outer !== null; outer = outer.parent) if (outer.name === 'TryStatement') return 'optional'
  return 'read'
}

/** These expect undefined, the value of a missing setting. */
function isOptional(node: SyntaxNode, source: string): boolean {
  const { parent } = node
  if (parent === null) return false
  if (parent.name === 'BinaryExpression' && LOGIC.test(textOf(node.nextSibling ?? node.prevSibling, source)))
    return true
  if (parent.name === 'ParenthesizedExpression') return /^(if|while)$/.test(textOf(parent.prevSibling, source))
  if (parent.name === 'ConditionalExpression') return parent.firstChild?.from === node.from
  if (parent.name === 'MemberExpression') return textOf(node.nextSibling, source) === '?.'
  return (
    parent.name === 'UnaryExpression' || (parent.name === 'PostfixExpression' && !textOf(parent, source).endsWith('!'))
  )
}
