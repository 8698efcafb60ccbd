/** Compares the two runs of a case; large answers in a thread, so that the event loop does not wait. */

import { Piscina } from 'piscina'
import { compareRuns, type Side } from '../../domain/trials/compare.ts'
import type { CaseResult } from '../../domain/trials/trial.ts'
import type { Comparison } from './thread.ts'

export type Comparer = {
  compare(comparison: Comparison): Promise<CaseResult>
  /** Ends its thread. */
  close(): Promise<void>
}

/** Two answers of 128 KiB of JSON take some 5 ms. */
const MAX_CHARACTERS_HERE = 256 * 1024
/** A thread that has nothing to do ends after this time. */
const IDLE_MS = 30_000

export function createComparer(): Comparer {
  let threads: Piscina<Comparison, CaseResult> | null = null
  return {
    async compare({ original, candidate, ignore }) {
      if (sizeOf(original) + sizeOf(candidate) <= MAX_CHARACTERS_HERE) return compareRuns(original, candidate, ignore)
      threads ??= new Piscina<Comparison, CaseResult>({
        filename: new URL('./thread.ts', import.meta.url).href,
        minThreads: 0,
        maxThreads: 1,
        idleTimeout: IDLE_MS,
      })
      return await threads.run({ original, candidate, ignore }, { name: 'compare' })
    },
    async close() {
      await threads?.destroy()
    },
  }
}

function sizeOf({ response, result, calls }: Side): number {
  const bodies = calls.map(({ exchange }) => exchange?.requestBody.text.length ?? 0)
  return [response?.body.length ?? 0, result?.length ?? 0, ...bodies].reduce((sum, length) => sum + length, 0)
}
