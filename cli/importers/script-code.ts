import { builtinModules } from 'node:module'
import { validRange } from 'semver'

const TEXT_OR_COMMENT = /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[\s\S]*?\*\//g
const REQUIRE = /\brequire\(\s*['"]([^'"]+)['"]\s*\)/g
const IMPORT = /^[ \t]*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|^[ \t]*import\s*['"]([^'"]+)['"]/gm
const LATE_IMPORT = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g
const VARIABLE = /process\.env\.(\w+)|process\.env\[['"](\w+)['"]\]/g
const DESTRUCTURED = /\{([^{}]*)\}\s*=\s*process\.env\b/g
/** The former `with`, which Node cannot read. */
const ASSERT = /(\bfrom\s*['"]\.[^'"]*\.json['"]\s*)assert(?=\s*\{)/g
/** Must come first in a module. */
const DIRECTIVE = /^\s*(['"])use strict\1;?/
/** Replacements in Node 24. */
const IN_NODE: Readonly<Record<string, string>> = {
  'node-fetch':
    '(() => { const { fetch, Headers, Request, Response } = globalThis; const own = (...given) => fetch(...given); return Object.assign(own, { default: own, Headers, Request, Response }) })()',
}

export type Versions = Readonly<Record<string, string>>

export const isCommonJs = (code: string): boolean => {
  const bare = withoutComments(code)
  return !/^[ \t]*(import\b[^(]|export\b)/m.test(bare) && /\bmodule\.exports\b|\bexports\.\w|\brequire\(/.test(bare)
}

export function importsOf(code: string): readonly string[] {
  const bare = withoutComments(code)
  const found = [REQUIRE, IMPORT, LATE_IMPORT].flatMap((pattern) =>
    [...bare.matchAll(pattern)].flatMap(([, first, second]) => first ?? second ?? []),
  )
  return [...new Set(found)]
}

export const scriptVariablesOf = (code: string): readonly string[] => [
  ...new Set([
    ...[...code.matchAll(VARIABLE)].flatMap(([, dotted, quoted]) => dotted ?? quoted ?? []),
    ...[...code.matchAll(DESTRUCTURED)].flatMap(
      ([, names = '']) => names.match(/\w+(?=\s*(?:[:,=]|$))/g)?.slice() ?? [],
    ),
  ]),
]

/** Settings exist only during a run, not at import. */
export const readsVariables = (code: string): boolean => /\bprocess\.env\b/.test(withoutComments(code))

export const npmPackagesOf = (code: string, versions: Versions): readonly string[] => [
  ...new Set(importsOf(code).flatMap((name) => (isPackage(name) ? [packageSpecifier(name, versions)] : []))),
]

export const withoutVersion = (code: string, versions: Versions): readonly string[] => [
  ...new Set(
    importsOf(code)
      .filter(isPackage)
      .map(nameOf)
      .filter((name) => rangeOf(name, versions) === null),
  ),
]

/** `find` resolves a relative path to a local module. */
export function toEsModule(code: string, find: (path: string) => string | null, versions: Versions): string {
  const names = importsOf(code)
  const imports = names.map((name, index) => {
    const own = isOwn(name) ? find(name) : null
    if (isOwn(name) && own === null) return ''
    if (name in IN_NODE) return `const __${index} = ${IN_NODE[name]}`
    const from = JSON.stringify(own ?? (isPackage(name) ? packageSpecifier(name, versions) : name))
    return `import * as __${index} from ${from}`
  })
  const table = names.map((name, index) => (imports[index] === '' ? '' : `${JSON.stringify(name)}: __${index}, `))
  const head = [
    ...imports.filter((line) => line !== ''),
    `const __modules = { ${table.join('')}}`,
    'const require = (name) => { const found = __modules[name]; if (found === undefined) throw new Error("The module " + name + " was not carried over: see IMPORT.md"); return found.default ?? found }',
    'const module = { exports: {} }',
    'let exports = module.exports',
  ].join('; ')
  // On the first line, so that tracebacks keep their line numbers.
  return `${head}; ${code.replace(DIRECTIVE, '')}\nexport default module.exports\n`
}

export function withSpecifiers(code: string, versions: Versions): string {
  const typed = code.replace(/^([ \t]*)import\s+(\{[^}]*\}\s*from\s*['"]aws-lambda['"])/gm, '$1import type $2')
  const fetching = typed.replace(/^[ \t]*import\s+fetch\s+from\s*['"]node-fetch['"];?/gm, '')
  const packaged = fetching.replace(
    /(\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"]+)\2/g,
    (whole, start: string, quote: string, name: string) =>
      isPackage(name) && name !== 'aws-lambda' ? `${start}${quote}${packageSpecifier(name, versions)}${quote}` : whole,
  )
  return packaged.replace(ASSERT, '$1with')
}

function rangeOf(name: string, versions: Versions): string | null {
  const wanted = versions[name]?.trim() ?? ''
  return wanted === '' || wanted === ANY || validRange(wanted) === null ? null : wanted.replace(/\s+/g, '%20')
}

/**
 * In TypeScript compiled to CommonJS, `import *` had all members of a package. In an ES module, Node must detect them.
 */
export const withWholeModules = (code: string): string =>
  code.replace(
    /^([ \t]*)import\s+\*\s+as\s+([\w$]+)\s+from\s*(['"]npm:[^'"]+['"]);?/gm,
    "$1import * as __$2 from $3; const $2 = __$2['module.exports'] ?? __$2;",
  )

export const isOwn = (name: string): boolean => /^\.{0,2}\//.test(name) || name === '.' || name === '..'

const isPackage = (name: string): boolean =>
  !isOwn(name) && !/^(node|npm|data|file|https?):/.test(name) && !BUILT_IN.has(name) && !(name in IN_NODE)

const nameOf = (specifier: string): string => /^(@[^/]+\/)?[^/@]+/.exec(specifier)?.[0] ?? specifier

/** The first deployment locks the newest. */
const ANY = '*'
const BUILT_IN: ReadonlySet<string> = new Set(builtinModules)

function packageSpecifier(specifier: string, versions: Versions): string {
  const name = nameOf(specifier)
  return `npm:${name}@${rangeOf(name, versions) ?? ANY}${specifier.slice(name.length)}`
}

const withoutComments = (code: string): string =>
  code.replace(TEXT_OR_COMMENT, (_, text: string | undefined) => text ?? '')
