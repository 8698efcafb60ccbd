import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useMemo } from 'react'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'
import { LazyCompare } from '../code/lazy-compare.tsx'
import type { Draft } from './use-draft.ts'
import type { Saved, SaveWish } from './use-save.ts'

type Props = {
  workflow: Workflow
  /** The newest version: theirs. */
  saved: Saved
  draft: Draft | null
  source: string
  /** The save that was refused; null: closed. */
  wish: SaveWish | null
  saving: boolean
  onOverwrite: () => void
  onTakeTheirs: () => void
  onClose: () => void
}

/** Somebody else saved or deployed meanwhile: theirs and mine, and the choice between them. Nothing is lost whatever is chosen. */
export function ConflictModal({ wish, onClose, ...rest }: Props) {
  return (
    <Modal opened={wish !== null} onClose={onClose} title="Somebody else was faster" size={1240}>
      {wish === null ? null : <Choice wish={wish} onClose={onClose} {...rest} />}
    </Modal>
  )
}

type ChoiceProps = Omit<Props, 'wish'> & { wish: SaveWish }

function Choice({ workflow, saved, draft, source, wish, saving, onOverwrite, onTakeTheirs, onClose }: ChoiceProps) {
  const theirs = useMemo(() => ({ label: `v${saved.number}, the newest: theirs`, source: saved.source }), [saved])
  const isNewer = draft?.base !== saved.number
  const what = isNewer ? `version ${saved.number} was saved` : `version ${workflow.deployed_version} was deployed`
  const mine = useMemo(() => ({ label: 'Yours, not saved', source }), [source])
  return (
    <Stack>
      <Text size="sm">
        Your text is not stored: {what} while you edited. Every version is kept, so neither text gets lost.
      </Text>
      <LazyCompare before={theirs} after={mine} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onTakeTheirs}>
          Take theirs
        </Button>
        <Button variant="default" color="red" loading={saving} onClick={onOverwrite}>
          {wish.deploy ? 'Deploy mine all the same' : 'Save mine as a newer version'}
        </Button>
        <Button onClick={onClose} data-autofocus>
          Keep editing
        </Button>
      </Group>
    </Stack>
  )
}
