import { useEffect, useState } from 'react'
import { type Answer, api, type StreamEvent } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'
import { readStream } from '../client/read-stream.ts'
import { useChange } from '../client/use-change.ts'
import { useRows } from '../client/use-get.ts'

export type Environment = Answer<'get', '/api/environments/{id}'>
type LogEvent = StreamEvent<'/api/environments/{id}/log'>
type BuildLine = Extract<LogEvent, { event: 'line' }>['data']

export const BUILD_POLL_MS = 1000

export const useEnvironments = ({ enabled = true, follow = false } = {}) =>
  useRows(queryKeys.environments, ['/api/environments'], {
    enabled,
    refetchInterval: ({ state }) =>
      follow || state.data?.some(({ status }) => status === 'building') === true ? BUILD_POLL_MS : false,
  })

export const useRemoveEnvironments = () =>
  useChange([queryKeys.environments], async (ids: readonly string[]) => {
    for (const id of ids) await api.delete('/api/environments/{id}', { path: { id } })
  })

export const useBuildEnvironment = () =>
  useChange([queryKeys.environments], (id: string) =>
    api.post('/api/environments/{id}/build', { path: { id }, body: {} }),
  )

const NO_LINES: readonly BuildLine[] = []

export function useBuildLog(id: string | null, build: string): readonly BuildLine[] {
  const [lines, setLines] = useState(NO_LINES)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another build has another log
  useEffect(() => {
    setLines(NO_LINES)
    if (id === null) return
    const controller = new AbortController()
    const onEvents = (events: readonly LogEvent[]) =>
      setLines((now) => [...now, ...events.flatMap((event) => (event.event === 'line' ? [event.data] : []))])
    readStream('/api/environments/{id}/log', { signal: controller.signal, onEvents }, { path: { id } }).catch(() => {
      // Only the log stops.
    })
    return () => controller.abort()
  }, [id, build])
  return lines
}
