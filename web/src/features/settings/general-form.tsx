import { Stack, Textarea, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { useUpdateWorkflow } from '../../lib/requests/update-workflow.ts'
import { notifyDone } from '../../lib/ui/notify.ts'
import { SaveRow } from './save-row.tsx'

export function GeneralForm({ workflow }: { workflow: Workflow }) {
  const update = useUpdateWorkflow(workflow.id)
  const [name, setName] = useState(workflow.name)
  const [description, setDescription] = useState(workflow.description)
  const dirty = name !== workflow.name || description !== workflow.description
  const submit = (event: FormEvent) => {
    event.preventDefault()
    update.mutate({ name, description }, { onSuccess: () => notifyDone('Saved.') })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Name"
          required
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label="Description"
          autosize
          minRows={2}
          maxRows={10}
          maxLength={10_000}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <SaveRow dirty={dirty} pending={update.isPending} error={update.error} />
      </Stack>
    </form>
  )
}
