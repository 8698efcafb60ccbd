import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError, api } from '../../../lib/api.ts'
import { type Workflow, workflowKey } from '../../../lib/requests/get-workflow.ts'
import type { WorkflowChanges } from '../../../lib/requests/update-workflow.ts'
import { notifyDone } from '../../../lib/ui/notify.ts'

type Field = keyof WorkflowChanges & keyof Workflow
type Draft = { readonly changes: WorkflowChanges; readonly base: Workflow }

/**
 * The fields that somebody is changing; all others follow the server. A field that somebody else changed meanwhile is
 * `stale`: it is not saved before the person has chosen whose value stands.
 */
export function useChanges(workflow: Workflow) {
  const [draft, setDraft] = useState<Draft | null>(null)
  const save = useSaveChanges(workflow)
  const changes = draft?.changes ?? {}
  const stale = draft === null ? [] : changedSince(draft, workflow)
  return {
    values: { ...workflow, ...changes },
    isDirty: draft !== null,
    stale,
    isPending: save.isPending,
    error: stale.length > 0 ? null : save.error,
    set: (change: WorkflowChanges) =>
      setDraft((before) => ({ base: before?.base ?? workflow, changes: { ...before?.changes, ...change } })),
    submit: () => {
      if (draft === null || stale.length > 0) return
      save.mutate(draft, {
        onSuccess: (saved) => {
          setDraft((now) => typedMeanwhile(now, draft, saved))
          notifyDone('Saved.')
        },
      })
    },
    keepMine: () => setDraft({ changes, base: workflow }),
    takeTheirs: () => setDraft(without(changes, stale, workflow)),
  }
}

const MAX_TRIES = 3

/** A change of other fields is no reason to ask: then it is tried again on what stands now. */
function useSaveChanges({ id, updated_at }: Workflow) {
  const client = useQueryClient()
  const path = `/api/workflows/${encodeURIComponent(id)}`
  return useMutation({
    mutationFn: async (draft: Draft) => {
      let base = updated_at
      for (let tries = 1; ; tries += 1) {
        try {
          return await api<Workflow>(path, { method: 'PATCH', body: { ...draft.changes, base_updated_at: base } })
        } catch (error) {
          if (!(error instanceof ApiError) || error.status !== 409 || tries === MAX_TRIES) throw error
          const now = await api<Workflow>(path)
          client.setQueryData(workflowKey(id), now)
          if (changedSince(draft, now).length > 0) throw error
          base = now.updated_at
        }
      }
    },
    onSettled: async (saved) => {
      if (saved !== undefined) client.setQueryData(workflowKey(id), saved)
      await Promise.all([
        client.invalidateQueries({ queryKey: workflowKey(id) }),
        client.invalidateQueries({ queryKey: ['workflows'] }),
      ])
    },
  })
}

const fieldsOf = (changes: WorkflowChanges, workflow: Workflow): Field[] =>
  Object.keys(changes).filter((field): field is Field => field in workflow)

const changedSince = ({ changes, base }: Draft, now: Workflow): Field[] =>
  fieldsOf(changes, now).filter((field) => JSON.stringify(now[field]) !== JSON.stringify(base[field]))

/** Text typed during the save is not saved yet. */
function typedMeanwhile(now: Draft | null, sent: Draft, saved: Workflow): Draft | null {
  const isSent = ([field, value]: [string, unknown]) =>
    Object.entries(sent.changes).some(([name, was]) => name === field && JSON.stringify(was) === JSON.stringify(value))
  const left = Object.entries(now?.changes ?? {}).filter((entry) => !isSent(entry))
  return left.length === 0 ? null : { changes: Object.fromEntries(left), base: saved }
}

function without(changes: WorkflowChanges, dropped: readonly Field[], base: Workflow): Draft | null {
  const kept = Object.entries(changes).filter(([field]) => !dropped.some((each) => each === field))
  return kept.length === 0 ? null : { changes: Object.fromEntries(kept), base }
}
