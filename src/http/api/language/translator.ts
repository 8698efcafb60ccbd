/**
 * The parameters of the function have their types in the text that the language server sees. The person's text stays as it
 * is, so positions on that one line differ, and are translated both ways.
 */

import { isObject } from '../../../domain/json.ts'
import type { Annotated, Insert } from './dialect.ts'

/** Translates messages about one document. */
export type Translator = {
  /** Changes the columns in a message to the language server. `uri`: the document of positions that name none. */
  toServer(message: unknown, uri: string): void
  /** Changes the columns in a message to the client. */
  toClient(message: unknown, uri: string): void
  /** Returns the text that the language server gets. */
  update(text: string): string
  /** Whether a line is the person's. */
  isOwnLine(line: number): boolean
  /** Whether a message may hold a position on the annotated line. */
  concerns(text: string): boolean
}

export function createTranslator(document: string, annotate: (text: string) => Annotated | null): Translator {
  let now: Annotated | null = null
  let mentions = /$^/
  const map = (message: unknown, uri: string, column: (character: number) => number) => {
    if (now !== null) mapPositions(message, uri, { document, line: now.line, column })
  }
  return {
    update(text) {
      now = annotate(text)
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
  (now?.inserts ?? []).filter(isBefore).reduce((total, { text }) => total + text.length, 0)

function toOwnColumn(inserts: readonly Insert[], character: number): number {
  let shift = 0
  for (const { at, text } of inserts) {
    if (character <= at + shift) break
    // Inside of an annotation: its start.
    if (character <= at + shift + text.length) return at
    shift += text.length
  }
  return character - shift
}

type Mapping = { readonly document: string; readonly line: number; readonly column: (character: number) => number }

/**
 * Changes the columns where they are. A copy of 256 KiB of small objects took fifteen times as long.
 */
function mapPositions(value: unknown, uri: string, mapping: Mapping): void {
  if (Array.isArray(value)) for (const item of value) mapPositions(item, uri, mapping)
  if (!isObject(value)) return
  const { line, character } = value
  if (typeof line === 'number' && typeof character === 'number') {
    if (uri === mapping.document && line === mapping.line) Reflect.set(value, 'character', mapping.column(character))
    return
  }
  const own = typeof value.uri === 'string' ? value.uri : uri
  for (const key in value) {
    // Edits are listed by document.
    mapPositions(value[key], key.startsWith('file:') ? key : own, mapping)
  }
}
