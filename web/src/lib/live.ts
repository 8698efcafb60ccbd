/** Polling is a fallback. */

import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useSyncExternalStore } from 'react'
import { isLive, queryKeys, topicsOf } from './client/query-keys.ts'
import { PreemptedError, readStream } from './client/read-stream.ts'
import { StreamError } from './client/sse.ts'

const RETRY_MS = [500, 1000, 2000, 4000, 5000]
/** Many runs must not cause many requests. */
const REFRESH_MS = 700

type Connection = 'connecting' | 'online' | 'offline'
let connection: Connection = 'connecting'
const watchers = new Set<() => void>()

export function useConnection(): Connection {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    () => connection,
  )
}

export const isOffline = (): boolean => connection === 'offline'

export function useLiveUpdates(): void {
  const client = useQueryClient()
  useEffect(() => {
    const controller = new AbortController()
    void follow(client, controller.signal)
    return () => controller.abort()
  }, [client])
}

async function follow(client: QueryClient, signal: AbortSignal): Promise<void> {
  const refresh = createRefresher(client)
  let failures = 0
  while (!signal.aborted) {
    try {
      await readStream('/api/events', {
        signal,
        onEvents: (events) => refresh(events.flatMap(topicsOf)),
        onOpen: () => {
          failures = 0
          if (connection === 'offline') void client.invalidateQueries()
          else refreshLoaded(client)
          setConnection('online')
        },
      })
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof StreamError && error.status === 401) {
        // Without a session, the page leaves and aborts this.
        void client.invalidateQueries({ queryKey: queryKeys.me })
      }
      // Even a refusal means that the server is up.
      const isAnswer = error instanceof StreamError && error.status > 0 && error.status < 502
      if (!isAnswer && !(error instanceof PreemptedError)) setConnection('offline')
    }
    await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 5000, signal)
    failures += 1
  }
}

function createRefresher(client: QueryClient): (topics: readonly string[]) => void {
  const stale = new Set<unknown>()
  return (topics) => {
    if (stale.size === 0 && topics.length > 0) {
      window.setTimeout(() => {
        const named = new Set(stale)
        stale.clear()
        void client.invalidateQueries({ predicate: ({ queryKey }) => named.has(queryKey[0]) })
      }, REFRESH_MS)
    }
    for (const topic of topics) stale.add(topic)
  }
}

/** Finds changes between a query and the opening of the stream. */
function refreshLoaded(client: QueryClient): void {
  const earlier = new Set(client.getQueryCache().getAll())
  window.setTimeout(() => {
    void client.invalidateQueries({
      predicate: (query) => earlier.has(query) && query.state.status !== 'error' && isLive(query.queryKey[0]),
    })
  }, REFRESH_MS)
}

function setConnection(next: Connection): void {
  if (next === connection) return
  connection = next
  for (const watcher of watchers) watcher()
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
