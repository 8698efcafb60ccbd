import { ActionIcon, Button, Group, Skeleton, Text, Tooltip } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import IconArrowBackUp from '@tabler/icons-react/icons/IconArrowBackUp'
import IconBook from '@tabler/icons-react/icons/IconBook'
import IconHistory from '@tabler/icons-react/icons/IconHistory'
import IconWand from '@tabler/icons-react/icons/IconWand'
import { Suspense, useRef, useState } from 'react'
import { useSearchParams } from 'react-router'
import type { ApiError } from '../../../lib/client/api.ts'
import { t } from '../../../lib/i18n/t.ts'
import { FORMAT_KEYS, MOD } from '../../../lib/keys.ts'
import { type Language, languageOf, sourceName } from '../../../lib/kinds.ts'
import { lazyPart } from '../../../lib/lazy-part.ts'
import { notifyError } from '../../../lib/notices/notify.ts'
import { useMay } from '../../../lib/requests/get-me.ts'
import { type Runtime, useRuntimes } from '../../../lib/requests/get-runtimes.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { Panel } from '../../../lib/ui/panel.tsx'
import type { Names } from './code/completions.ts'
import type { EditorHandle } from './code-editor.tsx'
import { AddFile, Files } from './files/files.tsx'
import type { LibraryFile } from './language/library-modal.tsx'
import { packageName, readDeclared } from './packages/declared.ts'
import { MissingPackage } from './packages/missing-package.tsx'
import { type Code, textOf } from './text/code.ts'
import { NotKept, SaveProblem, StaleNote, VersionBadges } from './versions/editor-notes.tsx'
import type { Pending, Saved, SaveWish } from './versions/use-save.ts'
import type { EditorText } from './versions/use-text.ts'
import { VersionsModal } from './versions/versions-modal.tsx'
import classes from './workbench.module.css'

const LibraryModal = lazyPart(async () => (await import('./language/library-modal.tsx')).LibraryModal)
const GuideDrawer = lazyPart(async () => (await import('../../../lib/ui/help/guide-drawer.tsx')).GuideDrawer)
const CodeEditor = lazyPart(async () => (await import('./code-editor.tsx')).CodeEditor)

type Props = {
  workflow: Workflow
  saved: Saved
  text: EditorText
  refusal: ApiError | null
  saving: Pending
  names: Names | null
  installed: string
  onSave: (wish: SaveWish) => void
  onDeploy: () => void
  onCompare: () => void
}

export function EditorPanel(props: Props) {
  const { workflow, saved, text, refusal, names, onSave, onCompare } = props
  const { draft, code, path } = text
  const problem = text.problem?.file === path ? text.problem : null
  const editor = useRef<EditorHandle>(null)
  const [library, setLibrary] = useState<LibraryFile | null>(null)
  const [absent, setAbsent] = useState<string | null>(null)
  const mayWrite = useMay('write')
  const language = languageOf(workflow.runtime)
  const python = useRuntimes().data?.find(({ name }) => name === workflow.runtime)
  const format = () => void editor.current?.format().catch(notifyError)
  return (
    <Panel
      label={t('Function')}
      flush
      title={
        <Group gap="xs">
          {/* On a phone the badges need this space. */}
          <Text component="span" inherit visibleFrom="xs">
            {path ?? sourceName(language)}
          </Text>
          <VersionBadges workflow={workflow} saved={saved} isEdited={draft !== null} />
        </Group>
      }
      aside={<Buttons {...props} onFormat={format} />}
    >
      <StaleNote workflow={workflow} saved={saved} draft={draft} onCompare={onCompare} />
      {refusal === null ? null : (
        <SaveProblem refusal={refusal} onSaveDraft={draft === null ? null : () => onSave({ deploy: false })} />
      )}
      <MissingPackage
        workflowId={workflow.id}
        language={language}
        code={code}
        message={mayWrite ? (refusal ?? text.problem)?.message : undefined}
        onChange={text.replace}
      />
      {text.refusal === null ? null : <NotKept why={text.refusal} />}
      <div className={classes.editor}>
        <Files text={text} saved={saved} language={language} />
        <Suspense fallback={<Skeleton height="100%" radius={0} />}>
          <CodeEditor
            ref={editor}
            path={path}
            goal={text.goal}
            value={textOf(code, path)}
            onChange={text.changeOpen}
            onFormat={format}
            problem={problem}
            names={names}
            workflowId={workflow.id}
            code={code}
            onCode={text.replace}
            onOpen={text.openAt}
            onLibrary={setLibrary}
            onAbsent={setAbsent}
            readOnly={!mayWrite}
            pythonVersion={python?.version ?? null}
            packages={packagesOf(python, code)}
            language={language}
            installed={props.installed}
          />
        </Suspense>
      </div>
      {absent === null ? null : <NoLanguageServer why={absent} />}
      {library === null ? null : (
        <Suspense>
          <LibraryModal file={library} onClose={() => setLibrary(null)} />
        </Suspense>
      )}
    </Panel>
  )
}

function NoLanguageServer({ why }: { why: string }) {
  return (
    <Text size="xs" c="dimmed" px="md" py={4}>
      {t('The editor explains no libraries here.')} {why}
    </Text>
  )
}

type ButtonsProps = Omit<Props, 'onCompare' | 'refusal' | 'names' | 'installed'> & { onFormat: () => void }

function Buttons(props: ButtonsProps) {
  const { workflow, saved, text, saving, onSave, onDeploy, onFormat } = props
  const { draft, code } = text
  const [parameters, setParameters] = useSearchParams()
  const [isOpened, versions] = useDisclosure()
  const versionsOpened = isOpened || parameters.has('versions')
  const closeVersions = () => {
    versions.close()
    if (parameters.has('versions')) setParameters({}, { replace: true })
  }
  const mayWrite = useMay('write')
  const isSaved = draft === null && saved.number > 0
  const isDeployed = isSaved && saved.number === workflow.deployed_version
  const history = (
    <>
      <Button size="xs" variant="default" leftSection={<IconHistory size={14} aria-hidden />} onClick={versions.open}>
        {t('Versions')}
      </Button>
      <VersionsModal
        workflow={workflow}
        code={code}
        opened={versionsOpened}
        onClose={closeVersions}
        onEdit={text.replace}
      />
    </>
  )
  const guide = <GuideButton language={languageOf(workflow.runtime)} />
  if (!mayWrite)
    return (
      <Group gap="xs">
        {guide}
        {history}
      </Group>
    )
  return (
    <Group gap="xs">
      {guide}
      <Tooltip label={t('Discard unsaved changes')}>
        <ActionIcon
          variant="default"
          size={30}
          aria-label={t('Discard')}
          disabled={draft === null}
          onClick={text.discard}
        >
          <IconArrowBackUp size={15} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <AddFile text={text} language={languageOf(workflow.runtime)} />
      <Tooltip label={`${t('Format')} (${FORMAT_KEYS})`}>
        <ActionIcon variant="default" size={30} aria-label={t('Format the code')} onClick={onFormat}>
          <IconWand size={15} aria-hidden />
        </ActionIcon>
      </Tooltip>
      {history}
      <Tooltip label={`${MOD} S`}>
        <Button
          size="xs"
          variant="default"
          loading={saving === 'draft'}
          disabled={isSaved}
          onClick={() => onSave({ deploy: false })}
        >
          {t('Save draft')}
        </Button>
      </Tooltip>
      <Tooltip label={`${MOD} Shift S`}>
        <Button size="xs" loading={saving === 'deployment'} disabled={isDeployed} onClick={onDeploy}>
          {isDeployed ? t('Deployed') : t('Deploy')}
        </Button>
      </Tooltip>
    </Group>
  )
}

function GuideButton({ language }: { language: Language }) {
  const [opened, guide] = useDisclosure()
  // Keeps its scroll position.
  const [isLoaded, setLoaded] = useState(false)
  const toggle = () => {
    setLoaded(true)
    guide.toggle()
  }
  return (
    <>
      <Tooltip label={t('Writing functions')}>
        <ActionIcon variant="default" size={30} aria-label={t('Guide')} aria-expanded={opened} onClick={toggle}>
          <IconBook size={15} aria-hidden />
        </ActionIcon>
      </Tooltip>
      {isLoaded ? (
        <Suspense>
          <GuideDrawer language={language} opened={opened} onClose={guide.close} />
        </Suspense>
      ) : null}
    </>
  )
}

/** Declared packages replace the runtime's, except for two. */
function packagesOf(runtime: Runtime | undefined, code: Code): readonly string[] {
  const { requirements, state } = readDeclared(code, 'python')
  const names =
    state === 'none'
      ? (runtime?.packages ?? []).map(({ name }) => name)
      : ['hrflow', 'requests', ...requirements.map((one) => packageName(one, 'python'))]
  return names.map((name) => name.replaceAll('-', '_'))
}
