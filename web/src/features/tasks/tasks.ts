import { api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useChange } from '../../lib/client/use-change.ts'
import { useGet } from '../../lib/client/use-get.ts'
import { usePages } from '../../lib/client/use-pages.ts'

export type Task = Schemas['Task']
export type Values = Readonly<Record<string, string | number | boolean>>

/** Approvers get no events. */
const REFRESH_MS = 5000

export const useTasks = ({ status, mine }: { status: Task['status']; mine: boolean }) =>
  usePages(
    queryKeys.taskList({ status, mine }),
    ({ cursor, signal }) => api.get('/api/tasks', { query: { status, mine: mine || null, cursor }, signal }),
    { refetchInterval: REFRESH_MS },
  )

export const useTask = (id: string) =>
  useGet(queryKeys.task(id), ['/api/tasks/{id}', { path: { id } }], { refetchInterval: REFRESH_MS })

export const useAnswer = (id: string) =>
  useChange([queryKeys.tasks], (body: { choice: string; reason: string | null; fields: Values | null }) =>
    api.post('/api/tasks/{id}/answer', {
      path: { id },
      body: { ...body, fields: body.fields && { ...body.fields } },
    }),
  )
