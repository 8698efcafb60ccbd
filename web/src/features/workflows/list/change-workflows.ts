import { useMutation, useQueryClient } from '@tanstack/react-query'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { t } from '../../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../../lib/notices/notify.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { deleteWorkflow, updateWorkflow, type WorkflowChanges } from '../../../lib/requests/update-workflow.ts'

const DONE = {
  restored: (count: number) => t('{count, plural, one {# workflow} other {# workflows}} restored.', { count }),
  enabled: (count: number) => t('{count, plural, one {# workflow} other {# workflows}} enabled.', { count }),
  disabled: (count: number) => t('{count, plural, one {# workflow} other {# workflows}} disabled.', { count }),
  archived: (count: number) => t('{count, plural, one {# workflow} other {# workflows}} archived.', { count }),
  deleted: (count: number) => t('{count, plural, one {# workflow} other {# workflows}} deleted.', { count }),
  tagged: (count: number) => t('{count, plural, one {# workflow} other {# workflows}} tagged.', { count }),
}
export type Done = keyof typeof DONE

type Change = { workflows: readonly Workflow[]; done: Done } & (
  | { change: (workflow: Workflow) => WorkflowChanges }
  | { isDeletion: true }
)

export function useChangeWorkflows(onDone: () => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ workflows, ...what }: Change) => {
      const errors: Error[] = []
      for (const workflow of workflows) {
        const done = 'change' in what ? updateWorkflow(workflow.id, what.change(workflow)) : deleteWorkflow(workflow.id)
        await done.catch((error: Error) => errors.push(error))
      }
      return { changed: workflows.length - errors.length, error: errors[0] }
    },
    onSuccess: ({ changed, error }, { done }) => {
      if (changed > 0) notifyDone(DONE[done](changed))
      if (error !== undefined) notifyError(error)
      onDone()
    },
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: queryKeys.workflows }),
        client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === 'workflow' }),
      ]),
  })
}
