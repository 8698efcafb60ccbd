import { Button, Group, Modal, TagsInput, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { Form } from '../../../lib/forms/form.tsx'
import { t } from '../../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../../lib/notices/notify.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { deleteWorkflow, updateWorkflow, type WorkflowChanges } from '../../../lib/requests/update-workflow.ts'
import { ConfirmButton } from '../../../lib/ui/controls/confirm-button.tsx'
import { useTags } from './get-workflows.ts'

type Props = { chosen: readonly Workflow[]; isArchived: boolean; onDone: () => void }

export function BulkBar({ chosen, isArchived, onDone }: Props) {
  const change = useChangeWorkflows(onDone)
  const count = t('{count, plural, one {# workflow} other {# workflows}}', { count: chosen.length })
  const apply = (done: Done, changes: { enabled?: boolean; archived?: boolean }) =>
    change.mutate({ workflows: chosen, done, change: () => changes })
  const buttons = { size: 'xs', variant: 'default', disabled: change.isPending } as const
  return (
    <Group gap="xs" role="toolbar" aria-label={t('Selected workflows')}>
      <Text size="sm" fw={600}>
        {t('{count} selected', { count })}
      </Text>
      {isArchived ? (
        <>
          <Button {...buttons} onClick={() => apply('restored', { archived: false })}>
            {t('Restore')}
          </Button>
          <ConfirmButton
            {...buttons}
            c="var(--wf-bad)"
            title={t('Delete {count}?', { count })}
            action={t('Delete {count}', { count })}
            confirmWord={t('delete')}
            explanation={t('Their code, properties and runs are deleted permanently, and their URLs answer 404.')}
            onConfirm={() => change.mutate({ workflows: chosen, done: 'deleted', isDeletion: true })}
          >
            {t('Delete')}
          </ConfirmButton>
        </>
      ) : (
        <>
          <Button {...buttons} onClick={() => apply('enabled', { enabled: true })}>
            {t('Enable')}
          </Button>
          <Button {...buttons} onClick={() => apply('disabled', { enabled: false })}>
            {t('Disable')}
          </Button>
          <AddTags chosen={chosen} change={change} />
          <ConfirmButton
            {...buttons}
            title={t('Archive {count}?', { count })}
            action={t('Archive {count}', { count })}
            explanation={t(
              'Their URLs answer 410 Gone and their schedules stop. Code, properties and runs are kept, and you can restore them.',
            )}
            onConfirm={() => apply('archived', { archived: true })}
          >
            {t('Archive')}
          </ConfirmButton>
        </>
      )}
      <Button size="xs" variant="subtle" color="gray" onClick={onDone}>
        {t('Clear selection')}
      </Button>
    </Group>
  )
}

type TagsProps = Pick<Props, 'chosen'> & { change: ReturnType<typeof useChangeWorkflows> }

function AddTags({ chosen, change }: TagsProps) {
  const tags = useTags()
  const [opened, { open, close }] = useDisclosure()
  const [added, setAdded] = useState<string[]>([])
  const submit = () => {
    close()
    const withAdded = (workflow: Workflow) => ({ tags: [...new Set([...workflow.tags, ...added])] })
    change.mutate({ workflows: chosen, done: 'tagged', change: withAdded })
    setAdded([])
  }
  return (
    <>
      <Button size="xs" variant="default" disabled={change.isPending} onClick={open}>
        {t('Add tags')}
      </Button>
      <Modal opened={opened} onClose={close} title={t('Add tags')} centered>
        <Form onSubmit={submit}>
          <TagsInput
            label={t('Tags')}
            value={added}
            onChange={setAdded}
            data={[...tags]}
            maxTags={20}
            // The list would cover the button below.
            openOnFocus={false}
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('Cancel')}
            </Button>
            <Button type="submit" disabled={added.length === 0}>
              {t('Add')}
            </Button>
          </Group>
        </Form>
      </Modal>
    </>
  )
}

const DONE = {
  restored: (count: number) => t('{count, plural, one {# workflow} other {# workflows}} restored.', { count }),
  enabled: (count: number) => t('{count, plural, one {# workflow} other {# workflows}} enabled.', { count }),
  disabled: (count: number) => t('{count, plural, one {# workflow} other {# workflows}} disabled.', { count }),
  archived: (count: number) => t('{count, plural, one {# workflow} other {# workflows}} archived.', { count }),
  deleted: (count: number) => t('{count, plural, one {# workflow} other {# workflows}} deleted.', { count }),
  tagged: (count: number) => t('{count, plural, one {# workflow} other {# workflows}} tagged.', { count }),
}
type Done = keyof typeof DONE

type Change = { workflows: readonly Workflow[]; done: Done } & (
  | { change: (workflow: Workflow) => WorkflowChanges }
  | { isDeletion: true }
)

function useChangeWorkflows(onDone: () => void) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ workflows, ...what }: Change) => {
      const errors: Error[] = []
      for (const workflow of workflows) {
        const done = 'change' in what ? updateWorkflow(workflow.id, what.change(workflow)) : deleteWorkflow(workflow.id)
        await done.catch((error: Error) => errors.push(error))
      }
      return { changed: workflows.length - errors.length, error: errors[0] }
    },
    onSuccess: ({ changed, error }, { done }) => {
      if (changed > 0) notifyDone(DONE[done](changed))
      if (error !== undefined) notifyError(error)
      onDone()
    },
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: queryKeys.workflows }),
        client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] === 'workflow' }),
      ]),
  })
}
