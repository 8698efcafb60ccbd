import type { Diagnostic as Finding } from '@astral-sh/ruff-wasm-web'
import type { Action, Diagnostic } from '@codemirror/lint'
import type { Text } from '@codemirror/state'
import { t } from '../../../../lib/i18n/t.ts'
import { findImport } from './missing-imports.ts'

export type Problem = {
  file: string | null
  line: number
  message: string
  isWanted?: true
}

/** Errors that break a run. */
const BREAKS = /^(E9|F63|F7|F82|PLE)/

const UNDEFINED = /^Undefined name `(\w+)`/

/** `packages`: importable by the code. */
export function fromRuff(doc: Text, findings: readonly Finding[], packages: readonly string[]): Diagnostic[] {
  const missing = findings.flatMap(({ message }) => UNDEFINED.exec(message)?.[1] ?? [])
  return findings.map((finding) => {
    const from = position(doc, finding.start_location)
    const breaks = finding.code === null || finding.code === 'invalid-syntax' || BREAKS.test(finding.code)
    return {
      from,
      to: Math.max(from, position(doc, finding.end_location)),
      severity: breaks ? 'error' : 'warning',
      source: finding.code === null || finding.code === 'invalid-syntax' ? 'Python' : `Ruff ${finding.code}`,
      message: finding.message,
      actions: [...actionsOf(doc, finding), ...importOf(doc, finding, { missing, packages })],
    }
  })
}

function actionsOf(doc: Text, { fix }: Finding): Action[] {
  if (fix === null) return []
  const changes = fix.edits.map(({ location, end_location, content }) => ({
    from: position(doc, location),
    to: position(doc, end_location),
    insert: content ?? '',
  }))
  return [{ name: fix.message ?? 'Fix', apply: (view) => view.dispatch({ changes, userEvent: 'input.fix' }) }]
}

type Known = { readonly missing: readonly string[]; readonly packages: readonly string[] }

function importOf(doc: Text, finding: Finding, { missing, packages }: Known): Action[] {
  const name = UNDEFINED.exec(finding.message)?.[1]
  const found = name === undefined ? null : findImport(name, missing, { source: doc.toString(), packages })
  if (found === null) return []
  const { line, at, renamed } = found
  const [from, to] = [finding.start_location, finding.end_location].map((place) => position(doc, place))
  const changes = [
    { from: at, insert: `${at > 0 && doc.sliceString(at - 1, at) !== '\n' ? '\n' : ''}${line}\n` },
    ...(renamed === null ? [] : [{ from: from ?? 0, to: to ?? 0, insert: renamed }]),
  ]
  const label = renamed === null ? line : t('{line}, and write {renamed}', { line, renamed })
  return [{ name: label, apply: (view) => view.dispatch({ changes, userEvent: 'input.fix' }) }]
}

/** From 1, columns in UTF-16 as in the editor. */
function position(doc: Text, { row, column }: { row: number; column: number }): number {
  const line = doc.line(Math.min(Math.max(1, row), doc.lines))
  return Math.min(line.from + Math.max(0, column - 1), line.to)
}

export function fromProblem(doc: Text, { line: number, message }: Pick<Problem, 'line' | 'message'>): Diagnostic {
  const line = doc.line(Math.min(Math.max(1, number), doc.lines))
  const indent = /^\s*/.exec(line.text)?.[0].length ?? 0
  return { from: Math.min(line.from + indent, line.to), to: line.to, severity: 'error', source: t('Server'), message }
}
