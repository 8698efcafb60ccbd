/** Keeps the page fresh: the server sends events when runs change, with polling as a fallback. */

import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { StreamError } from './sse.ts'
import { PreemptedError, readStream } from './streams/read-stream.ts'

const RETRY_MS = [500, 1000, 2000, 4000, 5000]
/** Many runs a second must not become many requests a second. */
const REFRESH_MS = 700

type Connection = 'connecting' | 'online' | 'offline'
let connection: Connection = 'connecting'
const watchers = new Set<() => void>()

/** Whether the server answers, as the event stream sees it. */
export function useConnection(): Connection {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => connection,
  )
}

/** Mounted once, in the shell: follows the server's events while a person is signed in. */
export function useLiveUpdates(): void {
  const client = useQueryClient()
  useEffect(() => {
    const controller = new AbortController()
    void follow(client, controller.signal)
    return () => controller.abort()
  }, [client])
}

async function follow(client: QueryClient, signal: AbortSignal): Promise<void> {
  const refreshRuns = throttle(() => void client.invalidateQueries({ predicate: startsWith(OF_RUNS) }))
  const refreshChanged = throttle(() => void client.invalidateQueries({ predicate: startsWith(OF_PEOPLE) }))
  let failures = 0
  while (!signal.aborted) {
    try {
      await readStream('/api/events', signal, {
        onEvents: (events) => {
          if (events.some(({ event }) => event === 'change')) refreshChanged()
          if (events.some(({ event }) => event !== 'change')) refreshRuns()
        },
        onOpen: () => {
          failures = 0
          if (connection === 'offline') void client.invalidateQueries()
          setConnection('online')
        },
      })
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof StreamError && error.status === 401) {
        void client.invalidateQueries({ queryKey: ['me'] })
        return
      }
      // An answer, even a refusal, means that the server is up; then polling keeps the page fresh.
      const isAnswer = error instanceof StreamError && error.status > 0 && error.status < 502
      if (!isAnswer && !(error instanceof PreemptedError)) setConnection('offline')
    }
    await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 5000, signal)
    failures += 1
  }
}

/** Query keys that begin with one of these change when a run changes. */
const OF_RUNS = new Set<unknown>(['runs', 'run', 'workflow', 'settings', 'setting-history', 'ticks'])
/** These change when a person or program changes something. */
const OF_PEOPLE = new Set<unknown>(['workflow', 'workflows', 'versions', 'settings', 'setting-history', 'api-keys'])

const startsWith =
  (names: ReadonlySet<unknown>) =>
  ({ queryKey }: { queryKey: readonly unknown[] }): boolean =>
    names.has(queryKey[0])

function setConnection(next: Connection): void {
  if (next === connection) return
  connection = next
  for (const watcher of watchers) watcher()
}

function throttle(action: () => void): () => void {
  let waiting = false
  return () => {
    if (waiting) return
    waiting = true
    window.setTimeout(() => {
      waiting = false
      action()
    }, REFRESH_MS)
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = window.setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        window.clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
