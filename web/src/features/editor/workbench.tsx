import { useHotkeys } from '@mantine/hooks'
import { useEffect, useMemo, useRef, useState } from 'react'
import { ApiError } from '../../lib/api.ts'
import { useCreateVersion } from '../../lib/requests/create-version.ts'
import { useSettings } from '../../lib/requests/get-settings.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import type { Run } from '../../lib/requests/run.ts'
import { notifyDone, notifyError } from '../../lib/ui/notify.ts'
import { lineOf } from '../../lib/ui/run-error.tsx'
import type { Problem } from './code-editor.tsx'
import { EditorPanel } from './editor-panel.tsx'
import { missingSettings } from './missing-settings.ts'
import { PropertiesPanel } from './properties-panel.tsx'
import { TestPanel } from './test-panel.tsx'
import { useDraft } from './use-draft.ts'
import classes from './workbench.module.css'

export type Saved = { number: number | null; source: string }
type Props = { workflow: Workflow; saved: Saved; line: number | null }

/** Editor, properties and test around one text: the draft. */
export function Workbench({ workflow, saved, line }: Props) {
  const [draft, setDraft] = useDraft(workflow.id)
  const [problem, setProblem] = useState<Problem | null>(
    line === null ? null : { line, message: 'The run failed here' },
  )
  const testRef = useRef<() => void>(null)
  const source = draft?.source ?? saved.source
  const dirty = source !== saved.source || saved.number === null
  const names = useSettingNames(workflow.id)
  const missing = useMemo(() => (names === null ? [] : missingSettings(source, new Set(names))), [source, names])
  const { save, saving, refusal } = useSave(workflow, source, setProblem, () => setDraft(null))
  const test = () => testRef.current?.()
  useHotkeys(
    [
      ['mod+S', () => save(true)],
      ['mod+Enter', test],
    ],
    [],
  )
  useUnsavedGuard(dirty && draft !== null)

  const change = (next: string) => {
    setProblem(null)
    setDraft(next === saved.source ? null : { base: draft?.base ?? saved.number, source: next })
  }
  return (
    <div className={classes.bench}>
      <div className={classes.code}>
        <EditorPanel
          workflow={workflow}
          saved={saved}
          draft={draft}
          source={source}
          problem={problem}
          refusal={refusal}
          saving={saving}
          settingNames={names ?? NO_NAMES}
          onChange={change}
          onSave={save}
          onTest={test}
          onDiscard={() => {
            setProblem(null)
            setDraft(null)
          }}
        />
      </div>
      <div className={classes.test}>
        <TestPanel workflow={workflow} source={source} startRef={testRef} onRun={(run) => setProblem(problemOf(run))} />
      </div>
      <div className={classes.properties}>
        <PropertiesPanel workflow={workflow} missing={missing} />
      </div>
    </div>
  )
}

const NO_NAMES: readonly string[] = []

function useSettingNames(workflowId: string): readonly string[] | null {
  const settings = useSettings(workflowId)
  return useMemo(() => settings.data?.pages.flatMap((page) => page.data.map(({ key }) => key)) ?? null, [settings.data])
}

function useSave(
  workflow: Workflow,
  source: string,
  setProblem: (problem: Problem | null) => void,
  onSaved: () => void,
) {
  const create = useCreateVersion(workflow.id)
  const save = (deploy: boolean) => {
    if (create.isPending) return
    create.mutate(
      { source, deploy },
      {
        onSuccess: (version) => {
          setProblem(null)
          onSaved()
          notifyDone(
            deploy ? `Version ${version.number} is deployed.` : `Version ${version.number} is saved as a draft.`,
          )
        },
        onError: (error) => {
          if (error instanceof ApiError && error.status === 422)
            setProblem(error.line === null ? null : { line: error.line, message: error.message })
          else notifyError(error)
        },
      },
    )
  }
  const refusal =
    create.error instanceof ApiError && create.error.status === 422 && create.variables?.source === source
      ? create.error
      : null
  return { save, saving: create.isPending, refusal }
}

function problemOf(run: Run): Problem | null {
  const line = run.code === null ? null : lineOf(run)
  return line === null ? null : { line, message: run.message ?? run.code ?? 'The run failed here' }
}

/** Asks before the browser's tab is closed on unsaved code. */
function useUnsavedGuard(active: boolean): void {
  useEffect(() => {
    if (!active) return
    const guard = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', guard)
    return () => window.removeEventListener('beforeunload', guard)
  }, [active])
}
