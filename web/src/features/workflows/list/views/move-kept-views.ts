import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { ApiError, api } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'

/** Earlier releases kept views here. */
const KEY = 'workflow-views'

type Kept = { readonly name: string; readonly search: string }

/** Moves the views of this browser to the account. */
export function useMoveKeptViews(isReady: boolean): void {
  const client = useQueryClient()
  useEffect(() => {
    if (!isReady || readKept().length === 0) return
    void moveKept().then(() => client.invalidateQueries({ queryKey: queryKeys.views }))
  }, [isReady, client])
}

/** Two tabs share the work, because a tab takes a view out before it sends it. */
async function moveKept(): Promise<void> {
  for (let [view, ...rest] = readKept(); view !== undefined; [view, ...rest] = readKept()) {
    writeKept(rest)
    try {
      await api.post('/api/views', { body: { name: view.name, search: view.search } })
    } catch (error) {
      // The server can never take this view.
      if (error instanceof ApiError && error.status === 400) continue
      writeKept([view, ...readKept()])
      return
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
