import type { ApiError } from './errors.ts'

const MAX_WAIT_SECONDS = 60
const DEFAULT_WAIT_SECONDS = 1
/** Idempotent methods. A 503 may follow a part of the work. */
const REPEATABLE = new Set(['GET', 'HEAD', 'PUT', 'DELETE'])

export function delayBeforeRetry(method: string, { status, retryAfterSeconds }: ApiError): number | null {
  const isRefused = status === 429 || (status === 503 && REPEATABLE.has(method))
  const seconds = retryAfterSeconds ?? DEFAULT_WAIT_SECONDS
  return isRefused && seconds <= MAX_WAIT_SECONDS ? seconds : null
}

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
