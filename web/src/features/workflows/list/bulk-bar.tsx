import { Button, Group, Modal, Stack, TagsInput, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { type FormEvent, useState } from 'react'
import { counted } from '../../../lib/numbers.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { ConfirmButton } from '../../../lib/ui/controls/confirm-button.tsx'
import { useChangeWorkflows } from './change-workflows.ts'

type Props = { chosen: readonly Workflow[]; tags: readonly string[]; isArchived: boolean; onDone: () => void }

/** What can be done with the selected workflows. */
export function BulkBar({ chosen, tags, isArchived, onDone }: Props) {
  const change = useChangeWorkflows(onDone)
  const count = counted(chosen.length, 'workflow')
  const apply = (done: string, changes: { enabled?: boolean; archived?: boolean }) =>
    change.mutate({ workflows: chosen, done, change: () => changes })
  const buttons = { size: 'xs', variant: 'default', disabled: change.isPending } as const
  return (
    <Group gap="xs" role="toolbar" aria-label="Selected workflows">
      <Text size="sm" fw={600}>
        {count} selected
      </Text>
      {isArchived ? (
        <>
          <Button {...buttons} onClick={() => apply('restored', { archived: false })}>
            Restore
          </Button>
          <ConfirmButton
            {...buttons}
            c="var(--wf-bad)"
            title={`Delete ${count}?`}
            action={`Delete ${count}`}
            confirmWord="delete"
            explanation="Their code, properties and runs are deleted permanently, and their URLs answer 404."
            onConfirm={() => change.mutate({ workflows: chosen, done: 'deleted', isDeletion: true })}
          >
            Delete
          </ConfirmButton>
        </>
      ) : (
        <>
          <Button {...buttons} onClick={() => apply('enabled', { enabled: true })}>
            Enable
          </Button>
          <Button {...buttons} onClick={() => apply('disabled', { enabled: false })}>
            Disable
          </Button>
          <AddTags chosen={chosen} tags={tags} change={change} />
          <ConfirmButton
            {...buttons}
            title={`Archive ${count}?`}
            action={`Archive ${count}`}
            explanation="Their URLs answer 410 Gone and their schedules stop. Code, properties and runs are kept, and you can restore them."
            onConfirm={() => apply('archived', { archived: true })}
          >
            Archive
          </ConfirmButton>
        </>
      )}
      <Button size="xs" variant="subtle" color="gray" onClick={onDone}>
        Clear selection
      </Button>
    </Group>
  )
}

type TagsProps = Pick<Props, 'chosen' | 'tags'> & { change: ReturnType<typeof useChangeWorkflows> }

function AddTags({ chosen, tags, change }: TagsProps) {
  const [opened, { open, close }] = useDisclosure()
  const [added, setAdded] = useState<string[]>([])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    close()
    const withAdded = (workflow: Workflow) => ({ tags: [...new Set([...workflow.tags, ...added])] })
    change.mutate({ workflows: chosen, done: 'tagged', change: withAdded })
    setAdded([])
  }
  return (
    <>
      <Button size="xs" variant="default" disabled={change.isPending} onClick={open}>
        Add tags
      </Button>
      <Modal opened={opened} onClose={close} title="Add tags" centered>
        <form onSubmit={submit}>
          <Stack>
            <TagsInput label="Tags" value={added} onChange={setAdded} data={[...tags]} maxTags={20} data-autofocus />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button type="submit" disabled={added.length === 0}>
                Add
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  )
}
