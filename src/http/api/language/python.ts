import type { Places } from '../../../workers/language/language-sandbox.ts'
import { type Annotated, type Dialect, type Insert, insertInLine } from './dialect.ts'

type Kind = 'catch' | 'pull'

const DEF = /^(?:async[ \t]+)?def[ \t]+workflow[ \t]*\(([^()\n]{0,10000})\)/m
const NAMES = { request: '_WorkflowRequest', settings: '_WorkflowSettings' } as const
const IMPORT = `\nfrom workflow_types import Request as ${NAMES.request}, Settings as ${NAMES.settings}\n`

export const pythonDialect = (kind: Kind, version: string, places: Places): Dialect => ({
  source: 'workflow.py',
  annotate: (source) => annotate(source, kind),
  hide: (texts) => texts,
  show: (message) => message,
  extraFiles: () => ({ 'ty.toml': configurationOf(version, places) }),
  isAsked: false,
})

function annotate(text: string, kind: Kind): Annotated | null {
  const found = DEF.exec(text)
  if (found === null) return null
  const [head, parameters = ''] = found
  const start = text.lastIndexOf('\n', found.index - 1) + 1
  const inserts: Insert[] = []
  let column = found.index - start + head.length - parameters.length - 1
  const words = parameters.split(',')
  const plain = words.map((word) => /^\s*([A-Za-z_]\w*)\s*$/.exec(word)?.[1] ?? null)
  for (const [index, word] of words.entries()) {
    const name = plain[index]
    const type = name == null ? null : typeOf(name, index, plain, kind)
    if (name != null && type !== null)
      inserts.push({ at: column + word.indexOf(name) + name.length, text: `: "${type}"` })
    column += word.length + 1
  }
  return inserts.length === 0 ? null : insertInLine(text, start, inserts, IMPORT)
}

function typeOf(name: string, index: number, names: readonly (string | null)[], kind: Kind): string | null {
  if (name === 'settings') return NAMES.settings
  if (kind === 'pull') return index === 0 && names.length === 1 ? NAMES.settings : null
  if (index === 0) return NAMES.request
  return index === 1 && !names.includes('settings') ? NAMES.settings : null
}

/** Ruff reports undefined names and syntax errors in the browser. */
const configurationOf = (version: string, { packages, types }: Places): string =>
  [
    '[environment]',
    `python-version = ${JSON.stringify(version)}`,
    'root = ["."]',
    `extra-paths = ${JSON.stringify(packages === null ? [types] : [packages, types])}`,
    '[rules]',
    'unresolved-reference = "ignore"',
    '',
  ].join('\n')
