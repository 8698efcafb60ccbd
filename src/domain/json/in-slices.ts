/** Pauses long computations for the other work of the process. */

/** Runs a generator to its end. Each `yield` waits until all ready work has run. */
export async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  let step = work.next()
  while (step.done !== true) {
    await new Promise((resolve) => setImmediate(resolve))
    step = work.next()
  }
  return step.value
}

export function atOnce<T>(work: Generator<void, T>): T {
  let step = work.next()
  while (step.done !== true) step = work.next()
  return step.value
}
