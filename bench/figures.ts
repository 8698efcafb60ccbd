/** What benchmarks do with their figures. */

import { callHook, type WorkflowBody } from '../test/helpers/workflows.ts'

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length * share)] ?? Number.NaN
}

export function round(value: number, digits = 2): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}

/** Returns how many milliseconds it took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** Works on all items, this many at a time. */
export async function together<T>(atOnce: number, items: readonly T[], work: (item: T) => Promise<unknown>) {
  const waiting = items.values()
  const take = async () => {
    for (const item of waiting) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, take))
}

/** Returns how many milliseconds the hook took. */
export async function timedCall(workflow: WorkflowBody): Promise<number> {
  const start = performance.now()
  const { status, text } = await callHook(workflow, {})
  const took = performance.now() - start
  if (status !== 200) throw new Error(`expected that the function answers, found ${status}: ${text}`)
  return took
}
