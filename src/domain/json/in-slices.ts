/** 3 ms of work between pauses, 10 ms before the code is compiled. */
export const SLICE_BYTES = 128 * 1024

let lastTurn: Promise<void> = Promise.resolve()

/** Each `yield` waits until ready work has run. */
export async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  let step = work.next()
  while (step.done !== true) {
    // All computations share one slice per turn: many callers do not prolong it.
    lastTurn = lastTurn.then(() => new Promise((resolve) => setImmediate(resolve)))
    await lastTurn
    step = work.next()
  }
  return step.value
}

export function atOnce<T>(work: Generator<void, T>): T {
  let step = work.next()
  while (step.done !== true) step = work.next()
  return step.value
}
