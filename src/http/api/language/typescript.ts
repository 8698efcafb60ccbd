import type { Places } from '../../../workers/language/language-sandbox.ts'
import { type Annotated, type Dialect, type Insert, insertInLine } from './dialect.ts'
import { createNpmNames } from './npm-names.ts'

type Kind = 'catch' | 'pull'

/** A default export takes precedence over a named one. */
const HEADS = [
  /^export[ \t]+default[ \t]+(?:async[ \t]+)?function\b[ \t]*(?:[\w$]+[ \t]*)?\(/m,
  /^export[ \t]+default[ \t]+(?:async[ \t]*)?\((?=.*=>)/m,
  /^(?:export[ \t]+)?(?:async[ \t]+)?function[ \t]+workflow[ \t]*\(/m,
  /^(?:export[ \t]+)?const[ \t]+workflow[ \t]*=[ \t]*(?:async[ \t]*)?(?:function\b[ \t]*(?:[\w$]+[ \t]*)?)?\(/m,
]
const TYPES = { catch: ['WorkflowRequest', 'WorkflowSettings'], pull: ['WorkflowSettings'] } as const
const MAX_LENGTH = 10_000
const OPEN = '([{<'
const CLOSED = ')]}>'

export function typescriptDialect(kind: Kind, places: Places): Dialect {
  const names = createNpmNames(places.packages)
  return {
    source: 'workflow.ts',
    annotate: (source) => annotate(source, TYPES[kind]),
    hide: names.hide,
    show: names.show,
    extraFiles: () => ({ 'tsconfig.json': configurationOf(places), ...names.links() }),
    isAsked: true,
  }
}

function annotate(text: string, types: readonly string[]): Annotated | null {
  const found = HEADS.map((head) => head.exec(text)).find((match) => match !== null)
  if (found === undefined) return null
  const first = found.index + found[0].length
  const start = text.lastIndexOf('\n', first - 1) + 1
  const inserts: Insert[] = []
  for (const [index, { from, to }] of parametersAt(text, first).entries()) {
    const type = types[index]
    const parameter = text.slice(from, to)
    if (type === undefined || !/^\s*(?:[A-Za-z_$][\w$]*|\{.*\})\s*$/.test(parameter)) continue
    inserts.push({ at: from + parameter.trimEnd().length - start, text: `: ${type}` })
  }
  return inserts.length === 0 ? null : insertInLine(text, start, inserts, '')
}

function parametersAt(text: string, first: number): readonly { readonly from: number; readonly to: number }[] {
  const found: { from: number; to: number }[] = []
  let depth = 0
  let from = first
  const end = Math.min(text.length, first + MAX_LENGTH)
  for (let at = first; at < end && text[at] !== '\n'; at += 1) {
    const character = text.charAt(at)
    if (depth === 0 && (character === ',' || character === ')')) {
      found.push({ from, to: at })
      from = at + 1
      if (character === ')') return found
    } else if (OPEN.includes(character)) depth += 1
    else if (CLOSED.includes(character)) depth -= 1
  }
  return []
}

/** Matches Node. */
const configurationOf = ({ types }: Places): string =>
  JSON.stringify({
    compilerOptions: {
      target: 'esnext',
      lib: ['esnext'],
      module: 'preserve',
      moduleResolution: 'bundler',
      customConditions: ['node'],
      moduleDetection: 'force',
      allowImportingTsExtensions: true,
      resolveJsonModule: true,
      erasableSyntaxOnly: true,
      verbatimModuleSyntax: true,
      allowJs: true,
      checkJs: true,
      noEmit: true,
      strict: true,
      noImplicitAny: false,
      useUnknownInCatchVariables: false,
      skipLibCheck: true,
      typeRoots: [types, `${types}/node_modules/@types`],
      types: ['workflow', 'workflows', 'node'],
      paths: { hrflow: [`${types}/node_modules/hrflow/index.d.ts`] },
    },
    include: ['**/*'],
  })
