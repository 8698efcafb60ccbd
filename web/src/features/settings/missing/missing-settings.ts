/** The syntax tree excludes comments and strings. */

import { typescriptLanguage } from '@codemirror/lang-javascript'
import { pythonLanguage } from '@codemirror/lang-python'
import type { Language } from '../../../lib/kinds.ts'
import { scriptUse } from './script-settings.ts'
import { type SyntaxNode, stringOf, textOf, type Use } from './setting-use.ts'

/**
 * A setting is needed if a path fails without it. A name that is first written, tested, read with a default, or read
 * inside `try` is optional.
 */
export function neededSettings(source: string, language: Language = 'python'): readonly string[] {
  const uses: Use[] = []
  const parser = (language === 'python' ? pythonLanguage : typescriptLanguage).parser
  const useIn = language === 'python' ? useOf : scriptUse
  parser.parse(source).iterate({
    enter: ({ node }) => {
      const use = useIn(node, source)
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
  // `+=` and `del` need the code's own value.
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
