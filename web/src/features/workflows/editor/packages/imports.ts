/** The server locks `npm:NAME@RANGE`. */

import { parse } from 'es-module-lexer/js'
import type { Code } from '../text/code.ts'

type Span = { readonly start: number; readonly end: number }
/** `statement`: null for `import(…)`, a part of an expression. */
type Import = Span & { readonly specifier: string; readonly isType: boolean; readonly statement: Span | null }

const NPM = /^npm:\/?((?:@[^/@]*\/)?[^/@]*)(?:@([^/]*))?/
/** HrFlow's client needs no package. */
const OWN = /^(\.{0,2}\/|[a-z]+:|hrflow$)/
const NODE_MODULES =
  /^(assert|async_hooks|buffer|child_process|cluster|console|constants|crypto|dgram|diagnostics_channel|dns|domain|events|fs|https?|http2|inspector|module|net|os|path|perf_hooks|process|punycode|querystring|readline|repl|stream|string_decoder|sys|timers|tls|trace_events|tty|url|util|v8|vm|wasi|worker_threads|zlib)$/

/** Such as `zod@4`, in code order. */
export function importedPackages(code: Code): readonly string[] {
  const found = textsOf(code).flatMap(([, text]) =>
    importsOf(text).flatMap(({ specifier }) => {
      const [all, name = '', range] = NPM.exec(specifier) ?? []
      return all === undefined ? [] : [range === undefined ? name : `${name}@${range}`]
    }),
  )
  return [...new Set(found)]
}

/** The server refuses imports without `npm:`. */
export function bareImports(code: Code): readonly string[] {
  const found = textsOf(code).flatMap(([, text]) =>
    importsOf(text).flatMap(({ specifier, isType }) => {
      const name = isType ? null : bareName(specifier)
      return name === null ? [] : [name]
    }),
  )
  return [...new Set(found)]
}

export function addImport(code: Code, requirement: string): Code {
  const { source } = code
  const [name = ''] = requirement.split(/(?<!^)@/)
  const line = `import * as ${variableOf(name)} from 'npm:${requirement}'\n`
  const first = importsOf(source).find(({ statement }) => statement !== null)?.statement?.start
  const head = /^(?:#![^\n]*\n)?(?:\/\/[^\n]*\n)*/.exec(source)?.[0].length ?? 0
  const at = first ?? head
  return { ...code, source: source.slice(0, at) + line + source.slice(at) }
}

/** An expression keeps its `import(…)`. */
export function removeImports(code: Code, requirement: string): Code {
  const isOf = ({ specifier }: Import) => {
    const [, name = '', range] = NPM.exec(specifier) ?? []
    return (range === undefined ? name : `${name}@${range}`) === requirement
  }
  return eachText(code, (text) =>
    importsOf(text)
      .filter((one) => isOf(one) && one.statement !== null)
      .reduceRight((now, { statement }) => {
        if (statement === null) return now
        const rest = now.slice(statement.end).replace(/^[ \t]*;?[ \t]*\n?/, '')
        return now.slice(0, statement.start) + rest
      }, text),
  )
}

/** Replaces `'zod/mini'` by `'npm:zod@^4/mini'` in all imports. */
export const declareImports = (code: Code, name: string, range: string): Code =>
  eachText(code, (text) =>
    importsOf(text)
      .filter(({ specifier }) => bareName(specifier) === name)
      .reduceRight((now, { specifier, start, end }) => {
        // The positions of `import(…)` include the quotes.
        const inset = /["'`]/.test(now.charAt(start)) ? 1 : 0
        const written = `npm:${name}@${range}${specifier.slice(name.length)}`
        return now.slice(0, start + inset) + written + now.slice(end - inset)
      }, text),
  )

export function bareName(specifier: string): string | null {
  if (specifier === '' || OWN.test(specifier)) return null
  const [name = ''] = /^(?:@[^/]+\/)?[^/]+/.exec(specifier) ?? []
  return name === '' || NODE_MODULES.test(name) || name.startsWith('#') ? null : name
}

const isScript = (path: string): boolean => /\.(ts|mts|js|mjs)$/.test(path)

const textsOf = ({ source, files }: Code): readonly (readonly [string, string])[] => [
  ['', source],
  ...Object.entries(files).filter(([path]) => isScript(path)),
]

function eachText({ source, files }: Code, change: (text: string) => string): Code {
  const changed = Object.entries(files).map(([path, text]) => [path, isScript(path) ? change(text) : text])
  return { source: change(source), files: Object.fromEntries(changed) }
}

/** Typed code may not parse. */
function importsOf(text: string): readonly Import[] {
  try {
    return parse(text)[0].flatMap((found) => {
      const { specifier, start, end, type, importStart, importEnd } = found
      if (specifier === null || specifier === undefined) return []
      const statement = type === 'static' ? { start: importStart, end: importEnd } : null
      return [{ specifier, start, end, isType: 'typeOnly' in found && found.typeOnly === true, statement }]
    })
  } catch {
    return []
  }
}

/** `@aws-sdk/client-s3` is `clientS3`. */
function variableOf(name: string): string {
  const words = name
    .replace(/^@[^/]*\//, '')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean)
  const joined = words
    .map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('')
  return /^[A-Za-z]/.test(joined) ? joined : `_${joined}`
}
