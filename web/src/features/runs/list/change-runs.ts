import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../lib/client/api.ts'
import { t } from '../../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../../lib/notices/notify.ts'
import { isFinal, type RunSummary } from '../../../lib/requests/runs/run.ts'

export type RunsAction = 'replay' | 'cancel' | 'delete'
type Change = { action: RunsAction; runs: readonly RunSummary[] }

const doneWords = (action: RunsAction, count: number): string =>
  action === 'replay'
    ? t('{count, plural, one {# run} other {# runs}} replayed.', { count })
    : action === 'cancel'
      ? t('{count, plural, one {# run} other {# runs}} cancelled.', { count })
      : t('{count, plural, one {# run} other {# runs}} deleted.', { count })

export const runsFor = (action: RunsAction, runs: readonly RunSummary[]): readonly RunSummary[] =>
  runs.filter(({ status }) => isFinal(status) !== (action === 'cancel'))

export function useChangeRuns(onDone: () => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ action, runs }: Change) => {
      if (action === 'delete') {
        const { deleted } = await api.post('/api/runs/delete', { body: { ids: runs.map(({ id }) => id) } })
        return { changed: deleted, error: undefined }
      }
      const errors: Error[] = []
      for (const { id } of runs) {
        const input = { path: { id }, body: {} }
        const done =
          action === 'replay'
            ? api.post('/api/runs/{id}/replay', { ...input, headers: { prefer: 'respond-async' } })
            : api.post('/api/runs/{id}/cancel', input)
        await done.catch((error: Error) => errors.push(error))
      }
      return { changed: runs.length - errors.length, error: errors[0] }
    },
    onSuccess: ({ changed, error }, { action }) => {
      if (changed > 0) notifyDone(doneWords(action, changed))
      if (error !== undefined) notifyError(error)
      onDone()
    },
    onError: notifyError,
    onSettled: () => client.invalidateQueries({ predicate: ({ queryKey }) => LISTS.has(queryKey[0]) }),
  })
}

const LISTS: ReadonlySet<unknown> = new Set(['runs', 'run-search', 'run'])
