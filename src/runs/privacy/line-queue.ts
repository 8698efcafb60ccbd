/** Redacts the lines of a log by a privacy policy, little by little: detectors take up to 10 ms for 64 KiB of text. */

import type { LogLine } from '../../domain/run.ts'

/** Characters of one turn of the event loop; a longer line has a turn of its own. */
const MAX_CHARACTERS = 64 * 1024
/** Counted for each line in addition: applying the rules to an empty text takes time too. */
const LINE_COST = 16

export type LineQueue = {
  add(line: LogLine): void
  /** Resolves when all lines have been passed on. Rejects if one could not be redacted. */
  done(): Promise<void>
}

/** Passes lines on in their order. Other work of the process runs between the turns. */
export function createLineQueue(redact: (text: string) => string, onLine: (line: LogLine) => void): LineQueue {
  let waiting: LogLine[] = []
  let working: Promise<void> | null = null

  async function work(): Promise<void> {
    while (waiting.length > 0) {
      const lines = waiting
      waiting = []
      let characters = MAX_CHARACTERS
      for (const line of lines) {
        characters += line.text.length + LINE_COST
        if (characters > MAX_CHARACTERS) {
          await new Promise((resolve) => setImmediate(resolve))
          characters = line.text.length + LINE_COST
        }
        onLine({ ...line, text: redact(line.text) })
      }
    }
    working = null
  }
  return {
    add(line) {
      waiting.push(line)
      if (working !== null) return
      working = work()
      // `done` rejects with it.
      working.catch(() => {})
    },
    done: async () => {
      await working
    },
  }
}
