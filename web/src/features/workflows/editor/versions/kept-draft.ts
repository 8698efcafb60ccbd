import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { ApiError, api, type Schemas } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { useGet } from '../../../../lib/client/use-get.ts'
import { type DraftState, useDraftOf } from '../../../../lib/forms/use-draft.ts'
import { isNumber, isShaped, type Next, useBrowserState } from '../../../../lib/use-stored-state.ts'
import type { Code } from '../text/code.ts'
import { type CodeBase, type CodeDraft, isCodeDraft } from './code-draft.ts'

export type Kept = { readonly ownerId: string; readonly server: Schemas['CodeDraft'] }
/** Survives a broken connection. */
type Local = { readonly draft: CodeDraft | null; readonly revision: number; readonly isSent: boolean }

const SEND_AFTER_MS = 800
const RETRY_MS = 5000
const POLL_MS = 10_000

export const useServerDraft = (workflowId: string) =>
  useGet(queryKeys.draft(workflowId), ['/api/workflows/{id}/draft', { path: { id: workflowId } }], {
    refetchInterval: POLL_MS,
    refetchOnWindowFocus: 'always',
  })

export const useDraftTexts = (workflowId: string) =>
  useGet(queryKeys.draftTexts(workflowId), ['/api/workflows/{id}/draft/history', { path: { id: workflowId } }], {
    gcTime: 0,
  })

export function useCodeDraft(workflowId: string, kept: Kept, current: CodeBase) {
  const [draft, set, refusal] = useKeptDraft(workflowId, kept)
  const isStale = ({ base }: CodeDraft, now: CodeBase) => base.newest !== now.newest || base.deployed !== now.deployed
  return { ...useDraftOf<Code, CodeBase>({ current, isStale }, [draft, set]), refusal }
}

/** The later text of two browsers wins. The history keeps the other. */
function useKeptDraft(
  workflowId: string,
  { ownerId, server }: Kept,
): readonly [...DraftState<Code, CodeBase>, string | null] {
  const client = useQueryClient()
  const [stored, store] = useBrowserState(`code:${workflowId}:${ownerId}`, isLocal)
  const [tries, setTries] = useState(0)
  const [refused, setRefused] = useState<{ draft: CodeDraft | null; why: string } | null>(null)
  const local = newerOf(stored, server)
  const latest = useRef({ local, server })
  latest.current = { local, server }

  const set = (next: Next<CodeDraft>) =>
    store((now) => {
      const at = newerOf(now, latest.current.server)
      const draft = next instanceof Function ? next(at.draft) : next
      return isSame(draft, at.draft) ? at : { draft, revision: at.revision, isSent: false }
    })

  useEffect(() => {
    if (local.isSent) return
    const send = async () => {
      const { draft } = local
      try {
        const { revision } = await put(client, workflowId, local)
        store((now) => (now === null ? now : { ...now, revision, isSent: isSame(now.draft, draft) }))
      } catch (error) {
        // A refusal is final, so only this browser keeps the text.
        const isRefused = error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429
        if (isRefused) setRefused({ draft, why: error.message })
        else window.setTimeout(() => setTries(tries + 1), RETRY_MS)
      }
    }
    const timer = window.setTimeout(() => void send(), SEND_AFTER_MS)
    return () => window.clearTimeout(timer)
  }, [client, workflowId, local, store, tries])

  // On leaving, sends immediately.
  useEffect(
    () => () => {
      const { local: last } = latest.current
      if (!last.isSent) put(client, workflowId, last).catch(() => {})
    },
    [client, workflowId],
  )
  return [local.draft, set, refused !== null && refused.draft === local.draft ? refused.why : null]
}

let lastPut: Promise<unknown> = Promise.resolve()

/** One at a time, so that no text overtakes a later one. */
async function put(client: QueryClient, id: string, { draft, revision }: Local): Promise<Schemas['CodeDraft']> {
  const body = {
    source: draft?.value.source ?? null,
    files: draft?.value.files,
    base_version: draft?.base.newest ?? 0,
    base_deployed: draft?.base.deployed ?? 0,
    base_revision: revision,
  }
  const send = () => api.put('/api/workflows/{id}/draft', { path: { id }, body })
  const sent = lastPut.then(send, send)
  lastPut = sent
  const answer = await sent
  await client.cancelQueries({ queryKey: queryKeys.draft(id), exact: true })
  client.setQueryData(queryKeys.draft(id), answer)
  return answer
}

function newerOf(local: Local | null, server: Kept['server']): Local {
  if (local !== null && (!local.isSent || local.revision >= server.revision)) return local
  const { draft, revision } = server
  const base = draft === null ? null : { newest: draft.base_version, deployed: draft.base_deployed }
  if (draft === null || base === null) return { draft: null, revision, isSent: true }
  return { draft: { value: { source: draft.source, files: draft.files }, base }, revision, isSent: true }
}

const isSame = (a: CodeDraft | null, b: CodeDraft | null): boolean => JSON.stringify(a) === JSON.stringify(b)

const isLocal = isShaped<Local>({
  draft: (draft) => draft === null || isCodeDraft(draft),
  revision: isNumber,
  isSent: (isSent) => typeof isSent === 'boolean',
})
