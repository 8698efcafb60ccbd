import { compareRuns, type Side } from '../../domain/trials/compare.ts'
import type { CaseResult } from '../../domain/trials/trial.ts'
import { createFairThreads } from '../../workers/threads/fair-threads.ts'
import type { Comparison } from './thread.ts'

export type Comparer = {
  compare(workflowId: string, comparison: Comparison): Promise<CaseResult | null>
  close(): Promise<void>
}

/** Comparing two responses of 128 KiB of JSON takes 5 ms. */
const MAX_CHARACTERS_HERE = 256 * 1024
const MAX_COMPARE_MS = 10_000

export function createComparer(): Comparer {
  const threads = createFairThreads<Comparison, CaseResult>({
    module: new URL('./thread.ts', import.meta.url),
    maxRunMs: MAX_COMPARE_MS,
  })
  return {
    async compare(workflowId, { original, candidate, ignore }) {
      if (sizeOf(original) + sizeOf(candidate) <= MAX_CHARACTERS_HERE) return compareRuns(original, candidate, ignore)
      const task = { original, candidate, ignore }
      return await threads.run({ owner: workflowId, does: 'compare', task, isOwed: true }).catch(() => null)
    },
    close: () => threads.close(),
  }
}

function sizeOf({ response, result, calls }: Side): number {
  const bodies = calls.map(({ exchange }) => exchange?.requestBody.text.length ?? 0)
  return [response?.body.length ?? 0, result?.length ?? 0, ...bodies].reduce((sum, length) => sum + length, 0)
}
