/**
 * Gives the parameters of the function their types, in the text that the language server sees: `_request: "…"`. The
 * person's text stays as it is, so positions on that one line differ, and are translated both ways.
 */

import { isObject } from '../../../domain/json.ts'

type Kind = 'catch' | 'pull'
/** A text that is inserted at a column of the line. */
type Insert = { readonly at: number; readonly length: number }
type Annotated = {
  readonly text: string
  readonly line: number
  readonly inserts: readonly Insert[]
  readonly lines: number
}

const DEF = /^(?:async[ \t]+)?def[ \t]+workflow[ \t]*\(([^()\n]*)\)/m
const NAMES = { request: '_WorkflowRequest', settings: '_WorkflowSettings' } as const
const IMPORT = `\nfrom workflow_types import Request as ${NAMES.request}, Settings as ${NAMES.settings}\n`

/** Null when there is nothing to annotate: no such function, types of the person's own, or parameters over several lines. */
function annotate(text: string, kind: Kind): Annotated | null {
  const found = DEF.exec(text)
  if (found === null) return null
  const [head, parameters = ''] = found
  const lineStart = text.lastIndexOf('\n', found.index - 1) + 1
  const first = found.index - lineStart + head.length - parameters.length - 1
  const inserts: (Insert & { name: string })[] = []
  let column = first
  const words = parameters.split(',')
  const plain = words.map((word) => /^\s*([A-Za-z_]\w*)\s*$/.exec(word)?.[1] ?? null)
  for (const [index, word] of words.entries()) {
    const name = plain[index]
    const type = name == null ? null : typeOf(name, index, plain, kind)
    if (name != null && type !== null) {
      const at = column + word.indexOf(name) + name.length
      inserts.push({ at, length: `: "${type}"`.length, name: type })
    }
    column += word.length + 1
  }
  if (inserts.length === 0) return null
  const end = text.indexOf('\n', lineStart)
  const line = text.slice(lineStart, end === -1 ? undefined : end)
  let shown = ''
  let from = 0
  for (const { at, name } of inserts) {
    shown += `${line.slice(from, at)}: "${name}"`
    from = at
  }
  shown += line.slice(from)
  const lines = text.split('\n').length
  return {
    text: `${text.slice(0, lineStart)}${shown}${end === -1 ? '' : text.slice(end)}${IMPORT}`,
    line: text.slice(0, lineStart).split('\n').length - 1,
    inserts,
    lines,
  }
}

/** What the platform binds to a parameter: `settings` by its name, the others by their place. */
function typeOf(name: string, index: number, names: readonly (string | null)[], kind: Kind): string | null {
  if (name === 'settings') return NAMES.settings
  if (kind === 'pull') return index === 0 && names.length === 1 ? NAMES.settings : null
  if (index === 0) return NAMES.request
  return index === 1 && !names.includes('settings') ? NAMES.settings : null
}

/** Translates messages about one document. */
export type Translator = {
  /** The text that the language server gets. */
  toServer(message: unknown, uri: string): unknown
  toClient(message: unknown, uri: string): unknown
  update(text: string): string
  /** Whether a line is the person's. */
  isOwnLine(line: number): boolean
  /** Whether a message may hold a position on the annotated line. */
  concerns(text: string): boolean
}

export function createTranslator(document: string, kind: Kind): Translator {
  let now: Annotated | null = null
  let mentions = /$^/
  const map = (message: unknown, uri: string, column: (character: number) => number): unknown =>
    now === null ? message : mapPositions(message, uri, { document, line: now.line, column })
  return {
    update(text) {
      now = annotate(text, kind)
      mentions = now === null ? /$^/ : new RegExp(`"line":${now.line}\\b`)
      return now?.text ?? text
    },
    isOwnLine: (line) => now === null || line < now.lines,
    concerns: (text) => mentions.test(text),
    toServer: (message, uri) => map(message, uri, (at) => at + sum(now, (insert) => insert.at < at)),
    toClient: (message, uri) => map(message, uri, (at) => toOwnColumn(now?.inserts ?? [], at)),
  }
}

const sum = (now: Annotated | null, isBefore: (insert: Insert) => boolean): number =>
  (now?.inserts ?? []).filter(isBefore).reduce((total, { length }) => total + length, 0)

function toOwnColumn(inserts: readonly Insert[], character: number): number {
  let shift = 0
  for (const { at, length } of inserts) {
    if (character <= at + shift) break
    // Inside of an annotation: its start.
    if (character <= at + shift + length) return at
    shift += length
  }
  return character - shift
}

type Mapping = { readonly document: string; readonly line: number; readonly column: (character: number) => number }

/** A copy of a message with other columns. `uri`: the document of positions that name none. */
function mapPositions(value: unknown, uri: string, mapping: Mapping): unknown {
  if (Array.isArray(value)) return value.map((item) => mapPositions(item, uri, mapping))
  if (!isObject(value)) return value
  const { line, character } = value
  if (typeof line === 'number' && typeof character === 'number') {
    const isThere = uri === mapping.document && line === mapping.line
    return isThere ? { ...value, character: mapping.column(character) } : value
  }
  const own = typeof value.uri === 'string' ? value.uri : uri
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      // Edits are listed by document.
      mapPositions(item, key.startsWith('file:') ? key : own, mapping),
    ]),
  )
}
