/** Lets other work of the process run between the parts of a long computation. */

/** Runs a generator to its end. At each `yield` it waits until everything that is ready has run. */
export async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  let step = work.next()
  while (step.done !== true) {
    await new Promise((resolve) => setImmediate(resolve))
    step = work.next()
  }
  return step.value
}

/** Runs a generator to its end without pauses. */
export function atOnce<T>(work: Generator<void, T>): T {
  let step = work.next()
  while (step.done !== true) step = work.next()
  return step.value
}
