import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useMemo } from 'react'
import { t } from '../../../../lib/i18n/t.ts'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'
import type { Code } from '../text/code.ts'
import type { CodeDraft } from './code-draft.ts'
import { CompareCode } from './compare-code.tsx'
import type { Saved, SaveWish } from './use-save.ts'

type Props = {
  workflow: Workflow
  saved: Saved
  draft: CodeDraft | null
  code: Code
  wish: SaveWish | null
  saving: boolean
  onOverwrite: () => void
  onTakeTheirs: () => void
  onClose: () => void
}

export function ConflictModal({ wish, onClose, ...rest }: Props) {
  return (
    <Modal opened={wish !== null} onClose={onClose} title={t('Someone saved a newer version')} size={1240}>
      {wish === null ? null : <Choice wish={wish} onClose={onClose} {...rest} />}
    </Modal>
  )
}

type ChoiceProps = Omit<Props, 'wish'> & { wish: SaveWish }

function Choice({ workflow, saved, draft, code, wish, saving, onOverwrite, onTakeTheirs, onClose }: ChoiceProps) {
  const theirs = useMemo(
    () => ({
      label:
        saved.number === saved.newest
          ? t('v{number} (latest)', { number: saved.number })
          : t('v{number} (deployed)', { number: saved.number }),
      code: { source: saved.source, files: saved.files },
    }),
    [saved],
  )
  const isNewer = draft?.base.newest !== saved.newest
  const what = isNewer
    ? t('version {newest} was saved', { newest: saved.newest })
    : t('version {deployedVersion} was deployed', { deployedVersion: workflow.deployed_version ?? '' })
  const mine = useMemo(() => ({ label: t('Yours (unsaved)'), code }), [code])
  return (
    <Stack>
      <Text size="sm">
        {t('Your changes were not saved: {what} while you were editing. Every version is kept, so nothing is lost.', {
          what,
        })}
      </Text>
      <CompareCode before={theirs} after={mine} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onTakeTheirs}>
          {t('Use theirs')}
        </Button>
        <Button variant="default" color="red" loading={saving} onClick={onOverwrite}>
          {wish.deploy ? t('Deploy mine anyway') : t('Save mine as a new version')}
        </Button>
        <Button onClick={onClose} data-autofocus>
          {t('Keep editing')}
        </Button>
      </Group>
    </Stack>
  )
}
