import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { ApiError, api } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'

/** Earlier releases kept views here. */
const KEY = 'workflow-views'

type Kept = { readonly name: string; readonly search: string }

export function useMoveKeptViews(isReady: boolean): void {
  const client = useQueryClient()
  useEffect(() => {
    if (!isReady || readKept().length === 0) return
    void moveKept()
      // The others move at the next visit.
      .catch(() => {})
      .then(() => client.invalidateQueries({ queryKey: queryKeys.views }))
  }, [isReady, client])
}

/** Takes each view out before it is sent, so tabs share the work. */
async function moveKept(): Promise<void> {
  // An earlier page may have ended before its answer.
  const { data } = await api.get('/api/views')
  for (let [view, ...rest] = readKept(); view !== undefined; [view, ...rest] = readKept()) {
    const { name, search } = view
    writeKept(rest)
    if (data.some((one) => !one.shared && one.name === name && one.search === search)) continue
    try {
      await api.post('/api/views', { body: { name, search } })
    } catch (error) {
      // The server can never take it.
      if (error instanceof ApiError && error.status === 400) continue
      writeKept([view, ...readKept()])
      throw error
    }
  }
}

function readKept(): readonly Kept[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isKept) : []
  } catch {
    return []
  }
}

const isKept = (value: Partial<Kept> | null): value is Kept =>
  typeof value?.name === 'string' && typeof value.search === 'string'

function writeKept(views: readonly Kept[]): void {
  if (views.length === 0) localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, JSON.stringify(views))
}
