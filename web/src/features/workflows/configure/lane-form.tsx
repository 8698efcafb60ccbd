import { Select, SimpleGrid, Text, TextInput } from '@mantine/core'
import { useChanges } from '../../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../../lib/forms/workflow-form.tsx'
import { t } from '../../../lib/i18n/t.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'

type Lane = NonNullable<Workflow['lane']>

const CHOICES = [
  { value: 'none', label: t('None: calls do not wait for each other') },
  { value: 'header', label: t('In a header') },
  { value: 'body', label: t('In the JSON body') },
]
const STARTS: Readonly<Record<string, Lane>> = {
  header: { from: 'header', name: 'X-Candidate' },
  body: { from: 'body', path: 'candidate.id' },
}

export function LaneForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow, ['lane'])
  const { lane } = form.values
  return (
    <WorkflowForm
      workflow={workflow}
      form={form}
      name={t('Ordering')}
      isValid={lane === null || (lane.name ?? lane.path) !== ''}
    >
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select
          label={t('Ordering key')}
          description={t('Calls with the same key run one at a time, in order')}
          data={CHOICES}
          allowDeselect={false}
          value={lane?.from ?? 'none'}
          onChange={(from) => form.set({ lane: STARTS[from ?? ''] ?? null })}
        />
        {lane?.from === 'header' ? (
          <TextInput
            label={t('Header')}
            description={t('Such as X-Candidate')}
            error={form.errorOf('lane')}
            value={lane.name ?? ''}
            onChange={(event) => form.set({ lane: { from: 'header', name: event.currentTarget.value } })}
          />
        ) : null}
        {lane?.from === 'body' ? (
          <TextInput
            label={t('Path')}
            description={t('Names joined by dots, such as candidate.id')}
            error={form.errorOf('lane')}
            value={lane.path ?? ''}
            onChange={(event) => form.set({ lane: { from: 'body', path: event.currentTarget.value } })}
          />
        ) : null}
      </SimpleGrid>
      <Text size="sm" c="dimmed">
        {t(
          'So an update never overtakes the call that created the record. A retry keeps its place, and its lane waits for it. Calls without the value do not wait.',
        )}
      </Text>
    </WorkflowForm>
  )
}
