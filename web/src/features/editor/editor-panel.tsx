import { Alert, Badge, Button, Group, Skeleton, Text, Tooltip } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import IconHistory from '@tabler/icons-react/icons/IconHistory'
import { lazy, Suspense } from 'react'
import type { ApiError } from '../../lib/api.ts'
import { MOD } from '../../lib/keys.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { Panel } from '../../lib/ui/panel.tsx'
import type { Problem } from './code-editor.tsx'
import type { Draft } from './use-draft.ts'
import { VersionsModal } from './versions-modal.tsx'
import classes from './workbench.module.css'
import type { Saved } from './workbench.tsx'

const CodeEditor = lazy(async () => ({ default: (await import('./code-editor.tsx')).CodeEditor }))

type Props = {
  workflow: Workflow
  saved: Saved
  draft: Draft | null
  source: string
  problem: Problem | null
  /** Why the last save of this very text was refused. */
  refusal: ApiError | null
  saving: boolean
  settingNames: readonly string[]
  onChange: (source: string) => void
  onSave: (deploy: boolean) => void
  onTest: () => void
  onDiscard: () => void
}

export function EditorPanel(props: Props) {
  const {
    workflow,
    saved,
    draft,
    source,
    problem,
    refusal,
    saving,
    settingNames,
    onChange,
    onSave,
    onTest,
    onDiscard,
  } = props
  const [historyOpened, history] = useDisclosure()
  const isDeployed = draft === null && saved.number !== null && saved.number === workflow.deployed_version
  return (
    <Panel
      label="Function"
      flush
      title={
        <Group gap="xs">
          <span>workflow.py</span>
          <VersionBadges workflow={workflow} saved={saved} isEdited={draft !== null} />
        </Group>
      }
      aside={
        <Group gap="xs">
          {draft === null ? null : (
            <Button size="xs" variant="subtle" color="gray" onClick={onDiscard}>
              Discard changes
            </Button>
          )}
          <Button
            size="xs"
            variant="default"
            leftSection={<IconHistory size={14} aria-hidden />}
            onClick={history.open}
          >
            Versions
          </Button>
          <Tooltip label={`${MOD} S`}>
            <Button size="xs" loading={saving} onClick={() => onSave(true)} variant={isDeployed ? 'default' : 'filled'}>
              Save and deploy
            </Button>
          </Tooltip>
        </Group>
      }
    >
      <StaleNote saved={saved} draft={draft} />
      {refusal === null ? null : <Refusal refusal={refusal} onSaveDraft={() => onSave(false)} />}
      <div className={classes.editor}>
        <Suspense fallback={<Skeleton height="100%" radius={0} />}>
          <CodeEditor
            value={source}
            onChange={onChange}
            onSave={() => onSave(true)}
            onTest={onTest}
            problem={problem}
            settingNames={settingNames}
          />
        </Suspense>
      </div>
      <VersionsModal
        workflow={workflow}
        source={source}
        opened={historyOpened}
        onClose={history.close}
        onEdit={onChange}
      />
    </Panel>
  )
}

function VersionBadges({ workflow, saved, isEdited }: { workflow: Workflow; saved: Saved; isEdited: boolean }) {
  const deployed = workflow.deployed_version
  const isDraft = saved.number !== null && saved.number !== deployed
  return (
    <>
      {deployed === null ? null : (
        <Badge variant="light" color="green" c="var(--wf-good)" tt="none">
          v{deployed} deployed
        </Badge>
      )}
      {isDraft ? (
        <Badge variant="light" color="yellow" c="var(--wf-warn)" tt="none">
          v{saved.number} draft
        </Badge>
      ) : null}
      {isEdited ? (
        <Badge variant="light" color="gray" c="var(--mantine-color-text)" tt="none">
          edited
        </Badge>
      ) : null}
    </>
  )
}

function Refusal({ refusal, onSaveDraft }: { refusal: ApiError; onSaveDraft: () => void }) {
  return (
    <Alert
      color="red"
      variant="light"
      radius={0}
      title={refusal.line === null ? refusal.title : `${refusal.title}: line ${refusal.line}`}
      role="alert"
    >
      <Text className="wrap mono" size="sm">
        {refusal.message}
      </Text>
      <Group mt="xs" gap="sm">
        <Text size="sm" c="dimmed">
          Nothing was stored or deployed.
        </Text>
        <Button size="compact-sm" variant="default" onClick={onSaveDraft}>
          Save as a draft
        </Button>
      </Group>
    </Alert>
  )
}

/** Somebody else saved while this text was being edited: say so before it replaces theirs. */
function StaleNote({ saved, draft }: { saved: Saved; draft: Draft | null }) {
  if (draft === null || draft.base === saved.number) return null
  return (
    <Alert
      color="yellow"
      variant="light"
      radius={0}
      title={`Version ${saved.number} was saved while you edited version ${draft.base ?? '—'}`}
    >
      Look at it under <i>Versions</i> first. Saving makes a newer version of your text; theirs is kept in the list.
    </Alert>
  )
}
