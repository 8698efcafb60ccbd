/** An exception in a socket, timer or process listener would end the server. */

import { channel } from 'node:diagnostics_channel'

export type ListenerFailure = { readonly listener: string; readonly error: unknown }

export type Guard = {
  <A extends readonly unknown[]>(listener: (...args: A) => unknown): (...args: A) => void
  setTimeout(callback: () => unknown, ms: number): NodeJS.Timeout
  setInterval(callback: () => unknown, ms: number): NodeJS.Timeout
  setImmediate(callback: () => unknown): NodeJS.Immediate
  start(work: () => unknown): void
}

/** `serve` logs these failures, other processes and threads emit warnings. */
const failures = channel('workflows:listener-failure')

/** `end` ends the owner, such as a connection, after a failure. Without it the owner continues. */
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

export function onListenerFailure(log: (failure: ListenerFailure) => void): void {
  failures.subscribe((message) => log(message as ListenerFailure))
}

function report(failure: ListenerFailure): void {
  if (failures.hasSubscribers) failures.publish(failure)
  else process.emitWarning(`${failure.listener}: ${String(failure.error)}`, 'ListenerFailure')
}
