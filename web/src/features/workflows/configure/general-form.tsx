import { TagsInput, Textarea, TextInput } from '@mantine/core'
import { useChanges } from '../../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../../lib/forms/workflow-form.tsx'
import { t } from '../../../lib/i18n/t.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'

export function GeneralForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow, ['name', 'description', 'tags'])
  return (
    <WorkflowForm workflow={workflow} form={form} name={t('General')}>
      <TextInput
        label={t('Name')}
        required
        maxLength={200}
        error={form.errorOf('name')}
        value={form.values.name}
        onChange={(event) => form.set({ name: event.currentTarget.value })}
      />
      <Textarea
        label={t('Description')}
        autosize
        minRows={2}
        maxRows={10}
        maxLength={10_000}
        error={form.errorOf('description')}
        value={form.values.description}
        onChange={(event) => form.set({ description: event.currentTarget.value })}
      />
      <TagsInput
        label={t('Tags')}
        description={t('To find and filter workflows; at most 20')}
        maxTags={20}
        error={form.errorOf('tags')}
        value={[...form.values.tags]}
        onChange={(tags) => form.set({ tags })}
      />
    </WorkflowForm>
  )
}
