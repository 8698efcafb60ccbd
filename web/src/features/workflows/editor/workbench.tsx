import { useDisclosure, useHotkeys } from '@mantine/hooks'
import { useMemo, useRef, useState } from 'react'
import { useMay } from '../../../lib/requests/get-me.ts'
import { useSettings } from '../../../lib/requests/get-settings.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import type { Run } from '../../../lib/requests/runs/run.ts'
import { notifyUndo } from '../../../lib/ui/notify-undo.tsx'
import { lineOf } from '../../../lib/ui/runs/run-error.tsx'
import { missingSettings } from '../../settings/missing-settings.ts'
import { PropertiesPanel } from '../../settings/properties-panel.tsx'
import type { Problem } from './code/diagnostics.ts'
import { EditorPanel } from './editor-panel.tsx'
import { NoTest, TestPanel } from './test/test-panel.tsx'
import { ConflictModal } from './versions/conflict-modal.tsx'
import { ReviewModal } from './versions/review-modal.tsx'
import { UnsavedGuard } from './versions/unsaved-guard.tsx'
import { type Draft, useDraft } from './versions/use-draft.ts'
import { type Saved, type SaveWish, useSave } from './versions/use-save.ts'
import classes from './workbench.module.css'

type Props = { workflow: Workflow; saved: Saved; line: number | null }

/** The editor, the properties and the test, all around one draft. */
export function Workbench({ workflow, saved, line }: Props) {
  const text = useText(workflow, saved, line)
  const { draft, source, problem, setProblem } = text
  const testRef = useRef<() => void>(null)
  const { names, missing, setRequestFields } = useNames(workflow.id, source)
  const saving = useSave({ workflow, saved, draft, source, onProblem: setProblem, onSaved: text.keepRest })
  const review = useReview(workflow, saved, draft, saving.save)
  const mayWrite = useMay('write')
  useKeys({
    save: () => mayWrite && !review.isSaved && saving.save({ deploy: false }),
    deploy: () => mayWrite && review.start(),
    test: () => testRef.current?.(),
  })
  return (
    <div className={classes.bench}>
      <div className={classes.code}>
        <EditorPanel
          workflow={workflow}
          saved={saved}
          draft={draft}
          source={source}
          problem={problem}
          refusal={saving.refusal}
          saving={saving.saving}
          names={names}
          onChange={text.change}
          onSave={saving.save}
          onDeploy={review.start}
          onDiscard={text.discard}
          onCompare={saving.compare}
        />
      </div>
      <div className={classes.test}>
        {mayWrite ? (
          <TestPanel
            workflow={workflow}
            source={source}
            startRef={testRef}
            onRun={(run) => setProblem(problemOf(run))}
            onLine={(run, line) => setProblem({ ...problemAt(run, line), isWanted: true })}
            onFields={setRequestFields}
          />
        ) : (
          <NoTest />
        )}
      </div>
      <div className={classes.properties}>
        <PropertiesPanel workflow={workflow} missing={missing} />
      </div>
      <Dialogs workflow={workflow} saved={saved} text={text} saving={saving} review={review} />
    </div>
  )
}

type DialogsProps = {
  workflow: Workflow
  saved: Saved
  text: ReturnType<typeof useText>
  saving: ReturnType<typeof useSave>
  review: ReturnType<typeof useReview>
}

/** The dialogs before code is deployed, overwritten or left unsaved. */
function Dialogs({ workflow, saved, text, saving, review }: DialogsProps) {
  const { draft, source } = text
  const takeTheirs = () => {
    saving.dropConflict()
    text.discard()
  }
  return (
    <>
      <ReviewModal
        workflow={workflow}
        source={source}
        label={draft === null ? `v${saved.number}, draft` : 'Yours'}
        takesMessage={!review.isSaved}
        opened={review.opened}
        onClose={review.close}
        onSave={saving.save}
      />
      <ConflictModal
        workflow={workflow}
        saved={saved}
        draft={draft}
        source={source}
        wish={saving.conflict}
        saving={saving.saving}
        onOverwrite={saving.overwrite}
        onTakeTheirs={takeTheirs}
        onClose={saving.dropConflict}
      />
      <UnsavedGuard
        workflowId={workflow.id}
        active={draft !== null}
        onSave={(then) => saving.save({ deploy: false, then })}
        onDiscard={text.clear}
      />
    </>
  )
}

/** Opens the review before a deployment. The first deployment needs none, because it changes nothing for callers. */
function useReview(workflow: Workflow, saved: Saved, draft: Draft | null, save: (wish: SaveWish) => void) {
  const [opened, { open, close }] = useDisclosure()
  const isSaved = draft === null && saved.number > 0
  const start = () => {
    if (isSaved && saved.number === workflow.deployed_version) return
    if (workflow.deployed_version === null) save({ deploy: true })
    else open()
  }
  return { opened, close, start, isSaved }
}

function useKeys({ save, deploy, test }: { save: () => void; deploy: () => void; test: () => void }): void {
  useHotkeys(
    [
      ['mod+S', save],
      ['mod+shift+S', deploy],
      ['mod+Enter', test],
    ],
    [],
    true,
  )
}

const NO_NAMES: readonly string[] = []

/** Names that the editor completes, and the properties that the code reads but that are not set. */
function useNames(workflowId: string, source: string) {
  const [request, setRequestFields] = useState(NO_NAMES)
  const query = useSettings(workflowId)
  const known = useMemo(
    () => query.data?.pages.flatMap((page) => page.data.map(({ key }) => key)) ?? null,
    [query.data],
  )
  const missing = useMemo(() => (known === null ? [] : missingSettings(source, new Set(known))), [source, known])
  return { names: { settings: known ?? NO_NAMES, request }, missing, setRequestFields }
}

/** The editor's text, and the line with an error. */
function useText(workflow: Workflow, saved: Saved, line: number | null) {
  const [draft, setDraft] = useDraft(workflow.id)
  const [problem, setProblem] = useState<Problem | null>(
    line === null ? null : { line, message: 'The run failed here' },
  )
  const clear = () => setDraft(null)
  /** Text typed during the save is not saved yet; it is now based on the version just saved. */
  const keepRest = (version: Saved & { deployed: number }) =>
    setDraft((now) =>
      now === null || now.source === version.source
        ? null
        : { base: version.number, deployed: version.deployed, source: now.source },
    )
  const change = (source: string) => {
    setProblem(null)
    const base = draft ?? { base: saved.number, deployed: workflow.deployed_version ?? 0 }
    setDraft(source === saved.source ? null : { ...base, source })
  }
  const discard = () => {
    setProblem(null)
    clear()
    if (draft === null) return
    const restore = (dropped: Draft) => () => setDraft(dropped)
    notifyUndo({ id: `draft ${workflow.id}`, message: 'Changes discarded.', onUndo: restore(draft) })
  }
  return { draft, source: draft?.source ?? saved.source, problem, setProblem, change, discard, clear, keepRest }
}

function problemOf(run: Run): Problem | null {
  const line = run.code === null ? null : lineOf(run)
  return line === null ? null : problemAt(run, line)
}

function problemAt(run: Run, line: number): Problem {
  return { line, message: run.message ?? run.code ?? 'The run failed here' }
}
