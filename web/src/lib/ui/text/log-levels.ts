/** For Python's logging, JSON logs, and most others. */

import type { LogLine } from '../../requests/runs/run.ts'
import { withoutColours } from './ansi.ts'

export const LOG_LEVELS = ['all', 'warning', 'error'] as const
export type LeastLevel = (typeof LOG_LEVELS)[number]
type Level = 'debug' | 'info' | 'warning' | 'error'

const AT_START =
  /^(?:\[?\d[\d:T.,Z+\- /]{6,34}\]?\s*)?[[(<]?(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL)\b/
const IN_WORDS = /^(warning|error|fatal)\s*:/i
const IN_JSON = /^\{.{0,500}?"(?:level|severity|levelname)"\s*:\s*"(\w{4,10})"/
const TRACEBACK = /^Traceback \(most recent call last\):/
const LOOKED_AT = 600

const LEVELS: Readonly<Record<string, Level>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  notice: 'info',
  warn: 'warning',
  warning: 'warning',
  error: 'error',
  critical: 'error',
  fatal: 'error',
}

export function levelOf(text: string): Level | null {
  const start = withoutColours(text.slice(0, LOOKED_AT))
  const word = (AT_START.exec(start) ?? IN_WORDS.exec(start) ?? IN_JSON.exec(start))?.[1]
  return word === undefined ? null : (LEVELS[word.toLowerCase()] ?? null)
}

/** Includes indented lines and tracebacks. */
export function linesFrom(lines: readonly LogLine[], least: LeastLevel): readonly LogLine[] {
  if (least === 'all') return lines
  const isWanted = (level: Level | null) => level === 'error' || (level === 'warning' && least === 'warning')
  let isShown = false
  let isTraceback = false
  return lines.filter(({ text, stream }) => {
    if (stream === 'system') return true
    const isIndented = /^\s/.test(text)
    const level = levelOf(text)
    if (TRACEBACK.test(text)) {
      isTraceback = true
      isShown = true
    } else if (isTraceback && !isIndented) {
      // A traceback ends with the exception.
      isTraceback = false
      isShown = false
      return true
    } else if (level !== null || !isIndented) isShown = isWanted(level)
    return isShown
  })
}
