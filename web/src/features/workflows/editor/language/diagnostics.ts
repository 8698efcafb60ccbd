import type { Diagnostic } from '@codemirror/lint'
import type { Text } from '@codemirror/state'

type Position = { readonly line: number; readonly character: number }
/** A mistake as the language server reports it. */
export type ServerDiagnostic = {
  readonly severity?: number
  readonly code?: string | number
  readonly message: string
  readonly range: { readonly start: Position; readonly end: Position }
}

const HINT = 4

/** Hints are left out, and errors of syntax, which Ruff finds too. */
export function fromServer(doc: Text, found: readonly ServerDiagnostic[]): Diagnostic[] {
  return found
    .filter(({ severity = 1, code }) => severity < HINT && code !== 'invalid-syntax')
    .map(({ severity = 1, code, message, range }) => {
      const from = offsetOf(doc, range.start)
      return {
        from,
        to: Math.max(from, offsetOf(doc, range.end)),
        severity: severity === 1 ? 'error' : severity === 2 ? 'warning' : 'info',
        source: code === undefined ? 'ty' : `ty ${code}`,
        message: message.split('\n\ninfo:')[0] ?? message,
      }
    })
}

function offsetOf(doc: Text, { line, character }: Position): number {
  const at = doc.line(Math.min(line + 1, doc.lines))
  return Math.min(at.from + character, at.to)
}
