import { useDisclosure, useHotkeys } from '@mantine/hooks'
import { useMemo, useRef, useState } from 'react'
import { useUnsaved } from '../../../lib/forms/unsaved.ts'
import { t } from '../../../lib/i18n/t.ts'
import { languageOf } from '../../../lib/kinds.ts'
import { useMay } from '../../../lib/requests/get-me.ts'
import { useSettings } from '../../../lib/requests/get-settings.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import type { Run } from '../../../lib/requests/runs/run.ts'
import { visible } from '../../../lib/text.ts'
import { lineOf } from '../../../lib/ui/runs/run-error.tsx'
import { useHashScroll } from '../../../lib/ui/use-hash-scroll.ts'
import { NeededSignIns } from '../../connections/needed-sign-ins.tsx'
import { useMissingSettings } from '../../settings/missing/use-missing-settings.ts'
import { PropertiesPanel } from '../../settings/properties-panel.tsx'
import type { Problem } from './code/diagnostics.ts'
import { EditorPanel } from './editor-panel.tsx'
import { readDeclared } from './packages/declared.ts'
import { PackagesPanel } from './packages/packages-panel.tsx'
import { Splitter } from './splitter.tsx'
import { NoTest, TestPanel } from './test/test-panel.tsx'
import type { Code } from './text/code.ts'
import type { CodeDraft } from './versions/code-draft.ts'
import { ConflictModal } from './versions/conflict-modal.tsx'
import type { Kept } from './versions/kept-draft.ts'
import { ReviewModal } from './versions/review-modal.tsx'
import { type Saved, type SaveWish, useSave } from './versions/use-save.ts'
import { type EditorText, useText } from './versions/use-text.ts'
import classes from './workbench.module.css'

type Props = {
  workflow: Workflow
  saved: Saved
  kept: Kept
  line: number | null
  originalId: string | null
}

export function Workbench({ workflow, saved, kept, line, originalId }: Props) {
  const text = useText({ workflow, saved, kept, line })
  const { draft, code, setProblem } = text
  const testRef = useRef<() => void>(null)
  const { names, missing, ignore, setRequestFields, installed } = useNames(workflow, code.source, saved)
  const saving = useSave({ workflow, saved, draft, code, onProblem: setProblem, onSaved: text.keepRest })
  const review = useReview(workflow, saved, draft, saving.save)
  const mayWrite = useMay('write')
  useHashScroll()
  useUnsaved(draft !== null, {
    what: t('Code of {name}', { name: visible(workflow.name) }),
    discard: text.clear,
    save: (then) => saving.save({ deploy: false, then }),
    survives: (path) => isNear(path, workflow.id),
  })
  useKeys({
    save: () => mayWrite && !review.isSaved && saving.save({ deploy: false }),
    deploy: () => mayWrite && review.start(),
    test: () => testRef.current?.(),
  })
  return (
    <Splitter>
      <div className={classes.code}>
        <EditorPanel
          workflow={workflow}
          saved={saved}
          text={text}
          refusal={saving.refusal}
          saving={saving.pending}
          names={names}
          installed={installed.names}
          onSave={saving.save}
          onDeploy={review.start}
          onCompare={saving.compare}
        />
      </div>
      <div className={classes.test}>
        {mayWrite ? (
          <TestPanel
            workflow={workflow}
            code={code}
            originalId={originalId}
            startRef={testRef}
            onRun={(run) => [installed.test(code), setProblem(problemOf(run))]}
            onLine={(run, line) => {
              text.setPath(null)
              setProblem({ ...problemAt(run, line), isWanted: true })
            }}
            onFields={setRequestFields}
          />
        ) : (
          <NoTest />
        )}
      </div>
      <div className={classes.properties}>
        <NeededSignIns workflow={workflow} />
        <PropertiesPanel workflow={workflow} missing={missing} onIgnore={ignore} />
        <div id="packages" className={classes.section}>
          <PackagesPanel
            workflow={workflow}
            number={saved.number}
            text={{ code: { source: code.source, files: code.files }, change: text.replace }}
            saving={saving}
          />
        </div>
      </div>
      <Dialogs workflow={workflow} saved={saved} text={text} saving={saving} review={review} />
    </Splitter>
  )
}

/** Tests and deployments install declared packages. */
function useInstalledNames({ runtime }: Workflow, saved: Code) {
  const [tested, setTested] = useState('')
  const namesOf = (code: Code) => readDeclared(code, languageOf(runtime)).requirements.join(' ')
  return { names: `${namesOf(saved)}, ${tested}`, test: (code: Code) => setTested(namesOf(code)) }
}

/** People leave these pages and return. */
const isNear = (pathname: string, workflowId: string): boolean =>
  pathname.startsWith('/runs/') || pathname === '/sign-in' || pathname.split('/')[2] === workflowId

type DialogsProps = {
  workflow: Workflow
  saved: Saved
  text: EditorText
  saving: ReturnType<typeof useSave>
  review: ReturnType<typeof useReview>
}

function Dialogs({ workflow, saved, text, saving, review }: DialogsProps) {
  const { draft, code } = text
  const takeTheirs = () => {
    saving.dropConflict()
    text.discard()
  }
  return (
    <>
      <ReviewModal
        workflow={workflow}
        code={code}
        label={draft === null ? t('v{number}, draft', { number: saved.number }) : t('Yours')}
        takesMessage={!review.isSaved}
        opened={review.opened}
        onClose={review.close}
        onSave={saving.save}
      />
      <ConflictModal
        workflow={workflow}
        saved={saved}
        draft={draft}
        code={code}
        wish={saving.conflict}
        saving={saving.saving}
        onOverwrite={saving.overwrite}
        onTakeTheirs={takeTheirs}
        onClose={saving.dropConflict}
      />
    </>
  )
}

/** A first deployment changes nothing for callers. */
function useReview(workflow: Workflow, saved: Saved, draft: CodeDraft | null, save: (wish: SaveWish) => void) {
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

function useNames(workflow: Workflow, source: string, saved: Code) {
  const { id: workflowId, shared_settings: shared, connections, runtime } = workflow
  const installed = useInstalledNames(workflow, saved)
  const [request, setRequestFields] = useState(NO_NAMES)
  const query = useSettings(workflowId)
  const known = useMemo(
    () =>
      query.data === undefined
        ? null
        : [...query.data.pages.flatMap((page) => page.data.map(({ key }) => key)), ...shared, ...connections],
    [query.data, shared, connections],
  )
  const { missing, ignore } = useMissingSettings({ workflowId, source, language: languageOf(runtime) }, known)
  const names = known === null ? null : { settings: known, request }
  return { names, missing, ignore, setRequestFields, installed }
}

function problemOf(run: Run): Problem | null {
  const line = run.code === null ? null : lineOf(run)
  return line === null ? null : problemAt(run, line)
}

function problemAt(run: Run, line: number): Problem {
  return { file: null, line, message: run.message ?? run.code ?? t('The run failed here') }
}
