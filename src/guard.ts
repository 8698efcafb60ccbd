/** Listeners that never throw: an exception in a listener of a socket, a timer or a process ends the server. */

import { channel } from 'node:diagnostics_channel'

export type ListenerFailure = { readonly listener: string; readonly error: unknown }

/**
 * Wraps a listener. The result catches what the listener throws, and the rejection of a promise that it returns.
 * Its timers are the global ones, with a wrapped callback.
 */
export type Guard = {
  <A extends readonly unknown[]>(listener: (...args: A) => unknown): (...args: A) => void
  setTimeout(callback: () => unknown, ms: number): NodeJS.Timeout
  setInterval(callback: () => unknown, ms: number): NodeJS.Timeout
  setImmediate(callback: () => unknown): NodeJS.Immediate
  /** Calls `work` now, and lets it continue in the background. */
  start(work: () => unknown): void
}

/** Failures of listeners. The command `serve` logs them. In other processes and threads they are warnings. */
const failures = channel('workflows:listener-failure')

/**
 * Returns the guard of one owner, such as a connection or a child process. `name` is the owner in the log.
 * `end` ends the owner after a failure. Without it the owner continues, for example a timer that fires again.
 */
export function guard(name: string, end: (error: unknown) => unknown = () => {}): Guard {
  const fail = (error: unknown) => {
    report({ listener: name, error })
    try {
      end(error)
    } catch (problem) {
      report({ listener: `the end of ${name}`, error: problem })
    }
  }
  const wrap =
    <A extends readonly unknown[]>(listener: (...args: A) => unknown) =>
    (...args: A): void => {
      try {
        const result = listener(...args)
        if (result instanceof Promise) result.catch(fail)
      } catch (error) {
        fail(error)
      }
    }
  return Object.assign(wrap, {
    setTimeout: (callback: () => unknown, ms: number) => setTimeout(wrap(callback), ms),
    setInterval: (callback: () => unknown, ms: number) => setInterval(wrap(callback), ms),
    setImmediate: (callback: () => unknown) => setImmediate(wrap(callback)),
    start: (work: () => unknown) => wrap(work)(),
  })
}

/** Calls `log` with each failure from now on. */
export function onListenerFailure(log: (failure: ListenerFailure) => void): void {
  failures.subscribe((message) => log(message as ListenerFailure))
}

function report(failure: ListenerFailure): void {
  if (failures.hasSubscribers) failures.publish(failure)
  else process.emitWarning(`${failure.listener}: ${String(failure.error)}`, 'ListenerFailure')
}
