import { useState } from 'react'
import { t } from '../../../../lib/i18n/t.ts'
import { notifyUndo } from '../../../../lib/notices/notify-undo.tsx'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'
import type { Problem } from '../code/diagnostics.ts'
import { type Code, isSameCode, type OpenPath, withText } from '../text/code.ts'
import { type Kept, useCodeDraft } from './kept-draft.ts'
import type { Saved, SavedNow } from './use-save.ts'

type Options = { workflow: Workflow; saved: Saved; kept: Kept; line: number | null }

export type EditorText = ReturnType<typeof useText>

export function useText({ workflow, saved, kept, line }: Options) {
  const draftOf = useCodeDraft(workflow.id, kept, { newest: saved.newest, deployed: workflow.deployed_version ?? 0 })
  const { draft, refusal } = draftOf
  const [problem, setProblem] = useState<Problem | null>(
    line === null ? null : { file: null, line, message: t('The run failed here') },
  )
  const [wanted, setPath] = useState<OpenPath>(null)
  const [goal, setGoal] = useState<{ path: OpenPath; line: number } | null>(null)
  const code = draft?.value ?? saved
  const path = wanted !== null && wanted in code.files ? wanted : null
  /** Keeps code typed during the save. */
  const keepRest = (version: SavedNow) =>
    draftOf.set((now) =>
      now === null || isSameCode(now.value, version.code)
        ? null
        : { value: now.value, base: { newest: version.number, deployed: version.deployed } },
    )
  const edit = (change: (now: Code) => Code) => {
    setProblem(null)
    draftOf.edit((now) => change(now ?? { source: saved.source, files: saved.files }))
  }
  const replace = (next: Code) => {
    setProblem(null)
    if (isSameCode(next, saved)) draftOf.discard()
    else edit(() => ({ source: next.source, files: next.files }))
  }
  const discard = () => {
    setProblem(null)
    draftOf.discard()
    if (draft === null) return
    const onUndo = () => draftOf.set(draft)
    notifyUndo({ id: `draft ${workflow.id}`, message: t('Changes discarded.'), onUndo })
  }
  return {
    draft,
    code,
    path,
    setPath,
    openAt: (next: OpenPath, at: number) => {
      setPath(next)
      setGoal({ path: next, line: at })
    },
    goal,
    problem,
    setProblem,
    changeOpen: (text: string) => replace(withText(code, path, text)),
    replace,
    edit,
    discard,
    clear: draftOf.discard,
    keepRest,
    refusal,
  }
}
