import type { pythonLanguage } from '@codemirror/lang-python'

export type SyntaxNode = ReturnType<typeof pythonLanguage.parser.parse>['topNode']

export type Use = { readonly name: string; readonly at: number; readonly kind: 'read' | 'write' | 'optional' }

export const textOf = (node: SyntaxNode | null, source: string): string =>
  node === null ? '' : source.slice(node.from, node.to)

/** Returns null for a string with a prefix or escapes. */
export function stringOf(node: SyntaxNode, source: string): string | null {
  return /^(["'])([^"'\\\n]+)\1$/.exec(textOf(node, source))?.[2] ?? null
}
