/** Columns differ on the line with annotated parameters. */

import { isObject } from '../../../domain/json/is-object.ts'
import type { Annotated, Insert } from './dialect.ts'

export type Translator = {
  toServer(message: unknown, uri: string): void
  toClient(message: unknown, uri: string): void
  update(text: string): string
  isOwnLine(line: number): boolean
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
    if (character <= at + shift + text.length) return at
    shift += text.length
  }
  return character - shift
}

type Mapping = { readonly document: string; readonly line: number; readonly column: (character: number) => number }

/** Copying 256 KiB of small objects took fifteen times as long. */
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
    mapPositions(value[key], key.startsWith('file:') ? key : own, mapping)
  }
}
