export type BuildLogLine = {
  readonly at: number
  readonly stream: 'stdout' | 'stderr' | 'system'
  readonly text: string
}

type Listener = { onLine(line: BuildLogLine): void; onEnd(): void }

export type BuildLog = {
  readonly lines: readonly BuildLogLine[]
  readonly ofResolution: boolean
  readonly isOver: boolean
  add(line: Omit<BuildLogLine, 'at'>): void
  end(text: string): void
  listen(listener: Listener): () => void
}

const MAX_LINES = 5_000
const MAX_LENGTH = 512 * 1024
const MAX_LINE_LENGTH = 4_000

export function createBuildLog(now: () => number, first: readonly BuildLogLine[] = [], ofResolution = false): BuildLog {
  const lines = [...first]
  const listeners = new Set<Listener>()
  let isOver = false
  let isFull = false
  let length = first.reduce((sum, { text }) => sum + text.length, 0)
  const keep = (given: Omit<BuildLogLine, 'at'>): void => {
    const line = { at: now(), ...given, text: cut(given.text) }
    lines.push(line)
    length += line.text.length
    for (const { onLine } of listeners) onLine(line)
  }
  const add = (line: Omit<BuildLogLine, 'at'>): void => {
    if (isFull) return
    isFull = lines.length >= MAX_LINES || length >= MAX_LENGTH
    keep(isFull ? { stream: 'system', text: 'More lines are not kept.' } : line)
  }
  return {
    lines,
    ofResolution,
    get isOver() {
      return isOver
    },
    add,
    end(text) {
      keep({ stream: 'system', text })
      isOver = true
      for (const { onEnd } of listeners) onEnd()
      listeners.clear()
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** A slice keeps the whole original string in memory. */
const cut = (text: string): string =>
  text.length <= MAX_LINE_LENGTH ? text : Buffer.from(text.slice(0, MAX_LINE_LENGTH)).toString()
