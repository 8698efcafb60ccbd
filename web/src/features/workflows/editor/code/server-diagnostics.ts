import type { Diagnostic } from '@codemirror/lint'
import type { Text } from '@codemirror/state'
import { t } from '../../../../lib/i18n/t.ts'

type Position = { readonly line: number; readonly character: number }
export type ServerDiagnostic = {
  readonly severity?: number
  readonly code?: string | number
  readonly source?: string
  readonly message: string
  readonly range: { readonly start: Position; readonly end: Position }
}

const HINT = 4
/** No test and no saved version installed the package. */
const NOT_INSTALLED = /^Cannot find module 'npm:[^']+@[^']+'/

/** Ruff finds syntax errors too. */
export function fromServer(doc: Text, found: readonly ServerDiagnostic[]): Diagnostic[] {
  return found
    .filter(({ severity = 1, code }) => severity < HINT && code !== 'invalid-syntax')
    .map((mistake) => {
      const { severity = 1, code, source = 'ty', range } = mistake
      const from = offsetOf(doc, range.start)
      const isMissing = NOT_INSTALLED.test(mistake.message)
      return {
        from,
        to: Math.max(from, offsetOf(doc, range.end)),
        severity: isMissing ? 'info' : severity === 1 ? 'error' : severity === 2 ? 'warning' : 'info',
        source: code === undefined ? source : `${source} ${code}`,
        message: isMissing
          ? t('Types appear after you test or deploy the code with this package.')
          : (mistake.message.split('\n\ninfo:')[0] ?? mistake.message),
      }
    })
}

function offsetOf(doc: Text, { line, character }: Position): number {
  const at = doc.line(Math.min(line + 1, doc.lines))
  return Math.min(at.from + character, at.to)
}
