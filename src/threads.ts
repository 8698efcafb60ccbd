import { Piscina } from 'piscina'

export type Threads<Task, Result> = Pick<Piscina<Task, Result>, 'run' | 'destroy'>

type Options = {
  readonly module: URL
  readonly maxThreads: number
  readonly idleMs?: number
  readonly maxHeapMib?: number
}

/**
 * Idle threads run their event loop. By default, Piscina waits in `Atomics.wait`, which may not end with the thread:
 * `process.exit` of a loaded server never returned (1 of some 100 stops).
 */
export function openThreads<Task, Result>({ module, maxThreads, idleMs, maxHeapMib }: Options): Threads<Task, Result> {
  return new Piscina<Task, Result>({
    filename: module.href,
    atomics: 'disabled',
    minThreads: 0,
    maxThreads,
    ...(idleMs === undefined ? {} : { idleTimeout: idleMs }),
    ...(maxHeapMib === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: maxHeapMib } }),
  })
}
