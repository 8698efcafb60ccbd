/** The output of a resolution and build, kept in memory while it goes on, and some time after. */

export type BuildLogLine = {
  readonly at: number
  readonly stream: 'stdout' | 'stderr' | 'system'
  readonly text: string
}

type Listener = { onLine(line: BuildLogLine): void; onEnd(): void }

export type BuildLog = {
  readonly lines: readonly BuildLogLine[]
  /** Whether it holds a resolution alone: the build that follows goes on in it. */
  readonly ofResolution: boolean
  readonly isOver: boolean
  add(line: Omit<BuildLogLine, 'at'>): void
  /** Adds a last line. */
  end(text: string): void
  /** Passes on new lines. Returns the function that removes the listener. */
  listen(listener: Listener): () => void
}

const MAX_LINES = 5_000

/** `first`: lines to begin with. */
export function createBuildLog(now: () => number, first: readonly BuildLogLine[] = [], ofResolution = false): BuildLog {
  const lines = [...first]
  const listeners = new Set<Listener>()
  let isOver = false
  const add = (given: Omit<BuildLogLine, 'at'>): void => {
    if (lines.length > MAX_LINES) return
    const isFull = lines.length === MAX_LINES
    const line = isFull ? { stream: 'system' as const, text: 'More lines are not kept.' } : given
    lines.push({ at: now(), ...line })
    for (const { onLine } of listeners) onLine({ at: now(), ...line })
  }
  return {
    lines,
    ofResolution,
    get isOver() {
      return isOver
    },
    add,
    end(text) {
      add({ stream: 'system', text })
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
