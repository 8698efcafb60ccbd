import { useMutation, useQueryClient } from '@tanstack/react-query'
import { ApiError, api } from '../client/api.ts'
import { queryKeys } from '../client/query-keys.ts'
import { t } from '../i18n/t.ts'
import { notifyDone } from '../notices/notify.ts'
import type { Workflow } from '../requests/get-workflow.ts'
import { updateWorkflow, type WorkflowChanges } from '../requests/update-workflow.ts'
import { fieldErrors } from './field-errors.ts'
import { type Draft, useDraft } from './use-draft.ts'
import { useOnceReady } from './use-once-ready.ts'

type Field = keyof WorkflowChanges & keyof Workflow
type WorkflowDraft = Draft<WorkflowChanges, Workflow>

/**
 * Unedited fields follow the server. A field is `stale` if someone else changed it during the edit. Then the person
 * must choose a value first. The form shows errors about `shown` at their inputs.
 */
export function useChanges<F extends string = never>(workflow: Workflow, shown: readonly F[] = []) {
  const edit = useDraft<WorkflowChanges, Workflow>({
    current: workflow,
    isStale: (draft, now) => changedSince(draft, now).length > 0,
  })
  const { draft } = edit
  const save = useSaveChanges(workflow)
  const changes = draft?.value ?? {}
  // An active save also changes them.
  const stale = draft !== null && edit.isStale && !save.isPending ? changedSince(draft, workflow) : []
  const submit = () => {
    if (draft === null || stale.length > 0) return
    save.mutate(draft, {
      onSuccess: (saved) => {
        edit.set((now) => typedMeanwhile(now, draft, saved))
        notifyDone(t('Saved.'))
      },
    })
  }
  // Otherwise it would see another save as someone else's change.
  const { begin } = useOnceReady<void>(!save.isPending, save.isError, submit)
  const errors = fieldErrors(stale.length > 0 ? null : save.error, shown)
  return {
    values: { ...workflow, ...changes },
    isDirty: draft !== null,
    stale,
    isPending: save.isPending,
    error: errors.rest,
    errorOf: errors.of,
    set: (change: WorkflowChanges) => edit.edit((before) => ({ ...before, ...change })),
    discard: edit.discard,
    submit: () => begin(),
    keepMine: edit.rebase,
    takeTheirs: () => edit.set(without(changes, stale, workflow)),
  }
}

const MAX_TRIES = 3

/** Retries if only other fields changed. */
function useSaveChanges({ id, updated_at }: Workflow) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (draft: WorkflowDraft) => {
      let base = updated_at
      for (let tries = 1; ; tries += 1) {
        try {
          return await updateWorkflow(id, { ...draft.value, base_updated_at: base })
        } catch (error) {
          if (!(error instanceof ApiError) || error.status !== 409 || tries === MAX_TRIES) throw error
          const now = await api.get('/api/workflows/{id}', { path: { id } })
          client.setQueryData(queryKeys.workflow(id), now)
          if (changedSince(draft, now).length > 0) throw error
          base = now.updated_at
        }
      }
    },
    onSettled: async (saved) => {
      if (saved !== undefined) client.setQueryData(queryKeys.workflow(id), saved)
      await Promise.all([
        client.invalidateQueries({ queryKey: queryKeys.workflow(id) }),
        client.invalidateQueries({ queryKey: queryKeys.workflows }),
      ])
    },
  })
}

const fieldsOf = (changes: WorkflowChanges, workflow: Workflow): Field[] =>
  Object.keys(changes).filter((field): field is Field => field in workflow)

const changedSince = ({ value, base }: WorkflowDraft, now: Workflow): Field[] =>
  fieldsOf(value, now).filter((field) => JSON.stringify(now[field]) !== JSON.stringify(base[field]))

function typedMeanwhile(now: WorkflowDraft | null, sent: WorkflowDraft, saved: Workflow): WorkflowDraft | null {
  const isSent = ([field, value]: [string, unknown]) =>
    Object.entries(sent.value).some(([name, was]) => name === field && JSON.stringify(was) === JSON.stringify(value))
  const left = Object.entries(now?.value ?? {}).filter((entry) => !isSent(entry))
  return left.length === 0 ? null : { value: Object.fromEntries(left), base: saved }
}

function without(changes: WorkflowChanges, dropped: readonly Field[], base: Workflow): WorkflowDraft | null {
  const kept = Object.entries(changes).filter(([field]) => !dropped.some((each) => each === field))
  return kept.length === 0 ? null : { value: Object.fromEntries(kept), base }
}
