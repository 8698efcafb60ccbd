/** A task of a thread in the tests: waits until its flag is set, and returns its name. */

export type WaitingTask = { readonly name: string; readonly flag: SharedArrayBuffer }

export function work({ name, flag }: WaitingTask): string {
  const cell = new Int32Array(flag)
  Atomics.add(cell, 1, 1)
  Atomics.notify(cell, 1)
  Atomics.wait(cell, 0, 0)
  if (Atomics.load(cell, 0) === 2) throw new Error('it was to fail')
  return name
}
