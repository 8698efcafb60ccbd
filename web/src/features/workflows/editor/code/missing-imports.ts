import names from './python-names.json' with { type: 'json' }

/** Names that annotations use. */
const TYPING = new Set(names.typing)
/** Same list as src/domain/modules/standard-modules.ts. */
export const MODULES: ReadonlySet<string> = new Set(names.modules)

export type ImportFix = { readonly line: string; readonly at: number; readonly renamed: string | null }

/** `packages`: importable by the code. `undefinedNames`: all. */
export function findImport(
  name: string,
  undefinedNames: readonly string[],
  { source, packages }: { readonly source: string; readonly packages: readonly string[] },
): ImportFix | null {
  const at = importPosition(source)
  if (TYPING.has(name)) {
    const missing = [...new Set(undefinedNames)].filter((one) => TYPING.has(one)).sort()
    return { line: `from typing import ${missing.join(', ')}`, at, renamed: null }
  }
  // Occurs in a published example of a Pull workflow.
  if (name === 'request' && packages.includes('requests')) return { line: 'import requests', at, renamed: 'requests' }
  if (!MODULES.has(name) && !packages.includes(name)) return null
  return { line: `import ${name}`, at, renamed: null }
}

/** The end of the comments, docstring and `__future__` imports. */
function importPosition(source: string): number {
  let at = 0
  let quote: string | null = null
  let hasDocstring = false
  for (const line of source.split('\n')) {
    const text = line.trim()
    const opened = /^("""|''')/.exec(text)?.[1] ?? null
    if (quote !== null) {
      if (text.includes(quote)) quote = null
    } else if (opened !== null && !hasDocstring) {
      hasDocstring = true
      if (!text.includes(opened, opened.length)) quote = opened
    } else if (text !== '' && !text.startsWith('#') && !text.startsWith('from __future__')) break
    at += line.length + 1
  }
  return Math.min(at, source.length)
}
