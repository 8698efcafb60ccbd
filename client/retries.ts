/** Which refused calls are tried again, and when. */

import type { ApiError } from './errors.ts'

/** A call is not kept waiting longer; its error says how long the server asked for. */
const MAX_WAIT_SECONDS = 60
/** Of a server that does not say how long. */
const DEFAULT_WAIT_SECONDS = 1
/** Doing these twice does what doing them once does. A 503 may come after a part of the work. */
const REPEATABLE = new Set(['GET', 'HEAD', 'PUT', 'DELETE'])

/** Seconds to wait before a call is tried again; null when it is not. */
export function delayBeforeRetry(method: string, { status, retryAfterSeconds }: ApiError): number | null {
  const isRefused = status === 429 || (status === 503 && REPEATABLE.has(method))
  const seconds = retryAfterSeconds ?? DEFAULT_WAIT_SECONDS
  return isRefused && seconds <= MAX_WAIT_SECONDS ? seconds : null
}

/** Resolves after these seconds; throws the signal's reason when it is aborted before. */
export function pause(seconds: number, signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, seconds * 1000)
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}
