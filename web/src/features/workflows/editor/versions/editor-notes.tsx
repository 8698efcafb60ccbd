import { Alert, Badge, Button, Group, Text } from '@mantine/core'
import type { ApiError } from '../../../../lib/client/api.ts'
import { t } from '../../../../lib/i18n/t.ts'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'
import { visible } from '../../../../lib/text.ts'
import type { CodeDraft } from './code-draft.ts'
import type { Saved } from './use-save.ts'

type BadgesProps = { workflow: Workflow; saved: Saved; isEdited: boolean }

export function VersionBadges({ workflow, saved, isEdited }: BadgesProps) {
  const deployed = workflow.deployed_version
  const isDraft = saved.number > 0 && saved.number !== deployed
  return (
    <>
      {deployed === null ? null : (
        <Badge variant="light" color="green" c="var(--wf-good)" tt="none">
          {t('v{deployed} deployed', { deployed })}
        </Badge>
      )}
      {isDraft ? (
        <Badge variant="light" color="yellow" c="var(--wf-warn)" tt="none">
          {t('v{number} draft', { number: saved.number })}
        </Badge>
      ) : null}
      {saved.newest > saved.number && saved.number > 0 ? (
        <Badge variant="light" color="gray" c="var(--mantine-color-text)" tt="none">
          {t('v{newest} rolled back', { newest: saved.newest })}
        </Badge>
      ) : null}
      {/* Always takes its space, so that the code does not move at the first key. */}
      <Badge
        variant="light"
        color="gray"
        c="var(--mantine-color-text)"
        tt="none"
        style={{ visibility: isEdited ? undefined : 'hidden' }}
      >
        {t('not saved')}
      </Badge>
    </>
  )
}

export function SaveProblem({ refusal, onSaveDraft }: { refusal: ApiError; onSaveDraft: (() => void) | null }) {
  return (
    <Alert color="red" variant="light" radius={0} title={titleOf(refusal)} role="alert">
      <Text className="wrap mono" size="sm">
        {visible(refusal.message)}
      </Text>
      <Group mt="xs" gap="sm">
        <Text size="sm" c="dimmed">
          {t('Nothing was deployed.')}
        </Text>
        {onSaveDraft === null ? null : (
          <Button size="compact-sm" variant="default" onClick={onSaveDraft}>
            {t('Save as draft')}
          </Button>
        )}
      </Group>
    </Alert>
  )
}

function titleOf({ title, line, file }: ApiError): string {
  if (line === null) return title
  return file === null
    ? t('{title}: line {line}', { title, line })
    : t('{title}: {file}, line {line}', { title, file, line })
}

export function NotKept({ why }: { why: string }) {
  return (
    <Alert color="yellow" variant="light" radius={0} title={t('Kept only in this browser')} role="status">
      <Text size="sm" className="wrap">
        {visible(why)}
      </Text>
    </Alert>
  )
}

type StaleProps = { workflow: Workflow; saved: Saved; draft: CodeDraft | null; onCompare: () => void }

/** Warns before the save. */
export function StaleNote({ workflow, saved, draft, onCompare }: StaleProps) {
  if (draft === null) return null
  const isNewer = draft.base.newest !== saved.newest
  if (!isNewer && draft.base.deployed === (workflow.deployed_version ?? 0)) return null
  const what = isNewer
    ? t('Version {newest} was saved', { newest: saved.newest })
    : t('Version {deployedVersion} was deployed', { deployedVersion: workflow.deployed_version ?? '' })
  return (
    <Alert color="yellow" variant="light" radius={0} title={t('{what} while you were editing', { what })} role="status">
      <Group gap="sm">
        <Text size="sm">{t('You will be asked before saving.')}</Text>
        <Button size="compact-sm" variant="default" onClick={onCompare}>
          {t('Compare with yours')}
        </Button>
      </Group>
    </Alert>
  )
}
