import { Stack, Textarea, TextInput } from '@mantine/core'
import type { FormEvent } from 'react'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { SaveRow } from './save-row.tsx'
import { StaleFields } from './stale-fields.tsx'
import { useChanges } from './use-changes.ts'

export function GeneralForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    form.submit()
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Name"
          required
          maxLength={200}
          value={form.values.name}
          onChange={(event) => form.set({ name: event.currentTarget.value })}
        />
        <Textarea
          label="Description"
          autosize
          minRows={2}
          maxRows={10}
          maxLength={10_000}
          value={form.values.description}
          onChange={(event) => form.set({ description: event.currentTarget.value })}
        />
        <StaleFields workflow={workflow} form={form} />
        <SaveRow dirty={form.isDirty && form.stale.length === 0} pending={form.isPending} error={form.error} />
      </Stack>
    </form>
  )
}
