/** PEP 508, such as `pandas[excel]>=2.2; python_version >= "3.10"`. */

import { validRange } from '@renovatebot/pep440'

export type Requirement = {
  /** Lower case, `-` for any run of `-`, `_` and `.`. */
  readonly name: string
  readonly extras: readonly string[]
  /** Such as `>=2.2,<3`. Empty means any version. */
  readonly specifier: string
  readonly marker: string | null
  readonly text: string
}

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?/
const SPACE = /^[ \t]*/
const MAX_LENGTH = 1000
const FROM_INDEX = 'Packages come from the package index by name and version'

export function parseRequirement(text: string): Requirement {
  if (text.length > MAX_LENGTH) throw new Error(`expected at most ${MAX_LENGTH} characters, found ${text.length}`)
  const trimmed = text.trim()
  refuseOtherSources(trimmed)
  const name = NAME.exec(trimmed)?.[0]
  if (name === undefined) throw expected('a package name such as pandas', trimmed)
  const { extras, rest } = readExtras(trimmed.slice(name.length))
  if (/^[ \t]*@/.test(rest)) {
    throw new Error(`expected a name and a version, found a URL (${quote(trimmed)}). ${FROM_INDEX}`)
  }
  const semicolon = rest.indexOf(';')
  const specifier = readSpecifier(semicolon === -1 ? rest : rest.slice(0, semicolon))
  const marker = semicolon === -1 ? null : rest.slice(semicolon + 1).trim()
  if (marker !== null) checkMarker(marker)
  return { name: normalizeName(name), extras, specifier, marker, text: trimmed }
}

export const normalizeName = (name: string): string => name.toLowerCase().replaceAll(/[-_.]+/g, '-')

function refuseOtherSources(text: string): void {
  if (text === '') throw new Error('expected a package name such as pandas, found an empty text')
  if (text.startsWith('-')) throw new Error(`expected a package name, found an option (${quote(text)})`)
  if (/^(?:git|hg|svn|bzr)\+/i.test(text)) {
    throw new Error(`expected a package name, found a repository (${quote(text)}). ${FROM_INDEX}`)
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    throw new Error(`expected a package name, found a URL (${quote(text)}). ${FROM_INDEX}`)
  }
  if (/^[.~]|[/\\]/.test(text.split(';')[0]?.split('@')[0] ?? '')) {
    throw new Error(`expected a package name, found a path (${quote(text)}). ${FROM_INDEX}`)
  }
}

function readExtras(text: string): { extras: readonly string[]; rest: string } {
  const match = /^[ \t]*\[([^\]]*)\]/.exec(text)
  if (match === null) {
    if (/^[ \t]*\[/.test(text)) throw expected('extras such as [excel]', text)
    return { extras: [], rest: text }
  }
  const inside = (match[1] ?? '').trim()
  const extras = inside === '' ? [] : inside.split(',').map((extra) => extra.trim())
  const wrong = extras.find((extra) => NAME.exec(extra)?.[0] !== extra)
  if (wrong !== undefined) throw expected('the name of an extra', wrong)
  return { extras: extras.map(normalizeName), rest: text.slice(match[0].length) }
}

function readSpecifier(text: string): string {
  const trimmed = text.trim()
  const inside = /^\((.*)\)$/.exec(trimmed)?.[1]?.trim() ?? trimmed
  if (inside === '') return ''
  checkSpecifier(inside)
  return inside
}

export function checkSpecifier(text: string): void {
  if (text.length > MAX_LENGTH) throw new Error(`expected at most ${MAX_LENGTH} characters, found ${text.length}`)
  const parts = text.split(',').map((part) => part.trim())
  // pip and uv accept a trailing comma.
  if (parts.length > 1 && parts.at(-1) === '') parts.pop()
  for (const part of parts) {
    const isArbitrary = /^===[ \t]*[^\s,;()]+$/.test(part)
    const isKnown = isArbitrary || (/^(?:~=|==|!=|<=|>=|<|>)/.test(part) && validRange(part))
    if (!isKnown) throw expected('a version specifier such as >=2.2', part)
  }
}

const VARIABLES = new Set(
  'python_version python_full_version os_name sys_platform platform_release platform_system platform_version platform_machine platform_python_implementation implementation_name implementation_version extra'.split(
    ' ',
  ),
)
const TOKEN =
  /^(?:(?<text>"[^"]*"|'[^']*')|(?<operator>===|~=|==|!=|<=|>=|<|>|not[ \t]+in\b|in\b)|(?<word>and\b|or\b|\(|\))|(?<name>[a-z_]+))/

type Token = { readonly kind: 'value' | 'operator' | 'and' | 'or' | '(' | ')'; readonly text: string }

function checkMarker(marker: string): void {
  const tokens = tokenize(marker)
  let at = 0
  const peek = () => tokens[at]?.kind
  const take = (kind: Token['kind'], what: string): void => {
    if (peek() !== kind) throw expected(what, tokens[at]?.text ?? 'the end of the marker')
    at += 1
  }
  const readOne = (depth: number): void => {
    if (depth > 20) throw new Error('expected at most 20 parentheses inside each other in a marker')
    if (peek() === '(') {
      at += 1
      readAll(depth + 1)
      take(')', '")"')
    } else {
      take('value', 'a marker such as python_version >= "3.10"')
      take('operator', 'a comparison such as >=')
      take('value', 'a value such as "3.10"')
    }
  }
  const readAll = (depth: number): void => {
    readOne(depth)
    while (peek() === 'and' || peek() === 'or') {
      at += 1
      readOne(depth)
    }
  }
  readAll(0)
  if (at < tokens.length) throw expected('the end of the marker', tokens[at]?.text ?? '')
}

function tokenize(marker: string): readonly Token[] {
  const tokens: Token[] = []
  let rest = marker.replace(SPACE, '')
  while (rest !== '') {
    const match = TOKEN.exec(rest)
    if (match?.groups === undefined) throw expected('a marker such as python_version >= "3.10"', rest)
    const { text, operator, word, name } = match.groups
    if (name !== undefined && !VARIABLES.has(name)) {
      throw expected(`one of ${[...VARIABLES].join(', ')} in a marker`, name)
    }
    if (word !== undefined) tokens.push({ kind: word as 'and' | 'or' | '(' | ')', text: word })
    else tokens.push({ kind: operator === undefined ? 'value' : 'operator', text: text ?? operator ?? name ?? '' })
    rest = rest.slice(match[0].length).replace(SPACE, '')
  }
  return tokens
}

const expected = (what: string, found: string): Error => new Error(`expected ${what}, found ${quote(found.trim())}`)
const quote = (text: string): string => JSON.stringify(text.slice(0, 200))
