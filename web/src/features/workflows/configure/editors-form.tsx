import { MultiSelect, Switch, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api } from '../../../lib/api.ts'
import { useChanges } from '../../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../../lib/forms/workflow-form.tsx'
import { t } from '../../../lib/i18n/t.ts'
import { queryKeys } from '../../../lib/query-keys.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'

/** Who may change and run the workflow besides owners. For owners. */
export function EditorsForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow)
  const { values, set } = form
  const people = useQuery({
    queryKey: queryKeys.people,
    queryFn: async ({ signal }) => (await api.get('/api/people', { signal })).data,
  })
  const choices = (people.data ?? [])
    .filter(({ id, role }) => role === 'editor' || values.editors?.includes(id))
    .map(({ id, name, email }) => ({ value: id, label: name === email ? name : `${name} (${email})` }))
  return (
    <WorkflowForm workflow={workflow} form={form} name={t('Editors')}>
      <Switch
        label={t('Restrict to some editors')}
        checked={values.editors !== null}
        onChange={(event) => set({ editors: event.currentTarget.checked ? [] : null })}
      />
      <Text size="sm" c="dimmed">
        {t('Everyone else sees the workflow and its runs, and can’t change, test or run it. Owners always can.')}
      </Text>
      {values.editors === null ? null : (
        <MultiSelect
          label={t('Editors')}
          placeholder={values.editors.length === 0 ? t('Owners only') : undefined}
          searchable
          data={choices}
          value={[...values.editors]}
          onChange={(editors) => set({ editors })}
        />
      )}
    </WorkflowForm>
  )
}
