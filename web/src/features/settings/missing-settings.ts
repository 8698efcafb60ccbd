/**
 * Finds the settings that code needs. It reads the syntax tree, so comments, strings and optional reads do not count.
 */

import { pythonLanguage } from '@codemirror/lang-python'

const { parser } = pythonLanguage
type SyntaxNode = ReturnType<typeof parser.parse>['topNode']

type Use = { readonly name: string; readonly at: number; readonly kind: 'read' | 'write' | 'optional' }

/**
 * Names that the code reads as `settings["NAME"]` on a path that raises KeyError if the setting is missing. A name that
 * is written first, tested with `in`, read by `get`, or read inside `try` is optional.
 */
export function neededSettings(source: string): readonly string[] {
  const uses: Use[] = []
  parser.parse(source).iterate({
    enter: ({ node }) => {
      const use = useOf(node, source)
      if (use !== null) uses.push(use)
    },
  })
  const needed = uses.filter(
    ({ name, kind, at }) =>
      kind === 'read' &&
      name !== '__workflow_id' &&
      !uses.some((other) => other.name === name && (other.kind === 'optional' || isBefore(other, at))),
  )
  return [...new Set(needed.map(({ name }) => name))]
}

const isBefore = ({ kind, at }: Use, position: number): boolean => kind === 'write' && at < position

function useOf(node: SyntaxNode, source: string): Use | null {
  if (node.name === 'String') return optionalUse(node, source)
  if (node.name !== 'MemberExpression' || textOf(node.firstChild, source) !== 'settings') return null
  const key = node.getChild('String')
  if (key === null || node.getChild('[') === null) return null
  const name = stringOf(key, source)
  return name === null ? null : { name, at: node.from, kind: kindOf(node) }
}

function kindOf(node: SyntaxNode): Use['kind'] {
  const { parent } = node
  if (parent?.name === 'AssignStatement' && isTarget(node, parent)) return 'write'
  // `+=` and `del` also need a value, but of the code's own type, so typed text would be wrong.
  if (parent?.name === 'DeleteStatement' || parent?.name === 'UpdateStatement') return 'optional'
  for (let outer = parent; outer !== null; outer = outer.parent) if (outer.name === 'TryStatement') return 'optional'
  return 'read'
}

const isTarget = (node: SyntaxNode, statement: SyntaxNode): boolean =>
  statement.getChildren('AssignOp').some((operator) => node.to <= operator.from)

/** `"NAME" in settings`, `settings.get("NAME")`, `settings.setdefault("NAME", …)`, `settings.pop("NAME")`. */
function optionalUse(node: SyntaxNode, source: string): Use | null {
  const { parent } = node
  const name = stringOf(node, source)
  if (name === null || parent === null) return null
  const isTested = parent.name === 'BinaryExpression' && textOf(parent.lastChild, source) === 'settings'
  const called = parent.name === 'ArgList' ? textOf(parent.prevSibling, source) : ''
  return isTested || /^settings\s*\.\s*(get|setdefault|pop)$/.test(called)
    ? { name, at: node.from, kind: 'optional' }
    : null
}

const textOf = (node: SyntaxNode | null, source: string): string =>
  node === null ? '' : source.slice(node.from, node.to)

/** Returns null for a string with a prefix or escapes. */
function stringOf(node: SyntaxNode, source: string): string | null {
  return /^(["'])([^"'\\\n]+)\1$/.exec(textOf(node, source))?.[2] ?? null
}
