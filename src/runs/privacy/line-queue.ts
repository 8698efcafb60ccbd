/** Detectors take up to 10 ms for 64 KiB of text. */

import type { LogLine } from '../../domain/runs/run.ts'

/** Per turn of the event loop. */
const MAX_CHARACTERS = 64 * 1024
/** An empty text takes time too. */
const LINE_COST = 16

export type LineQueue = {
  add(line: LogLine): void
  done(): Promise<void>
}

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
      working.catch(() => {})
    },
    done: async () => {
      await working
    },
  }
}
