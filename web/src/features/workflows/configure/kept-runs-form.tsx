import { NumberInput, SimpleGrid, Text } from '@mantine/core'
import { useChanges } from '../../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../../lib/forms/workflow-form.tsx'
import { LOCALE } from '../../../lib/i18n/language.ts'
import { t } from '../../../lib/i18n/t.ts'
import { useSystem } from '../../../lib/requests/get-system.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'

const MIB = 1024 * 1024

/** An empty field: the server default. */
export function KeptRunsForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow)
  const defaults = useSystem().data?.retention
  const { values: kept, set } = form
  return (
    <WorkflowForm workflow={workflow} form={form} name={t('Retention')}>
      <Text size="sm" c="dimmed">
        {t(
          'Older runs are deleted permanently, with their requests, responses and logs. Leave empty to use the server default.',
        )}
      </Text>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NumberInput
          label={t('Days')}
          description={t('How long finished runs are kept')}
          placeholder={defaults === undefined ? undefined : defaults.days.toLocaleString(LOCALE)}
          min={1}
          max={36_500}
          allowDecimal={false}
          value={kept.retention_days ?? ''}
          onChange={(value) => set({ retention_days: typeof value === 'number' ? value : null })}
        />
        <NumberInput
          label={t('Size')}
          description={t('Maximum size in MiB, compressed; oldest runs are deleted first')}
          placeholder={defaults === undefined ? undefined : Math.round(defaults.bytes / MIB).toLocaleString(LOCALE)}
          min={1}
          max={1024 ** 3}
          allowDecimal={false}
          suffix={` ${t('MiB')}`}
          value={kept.retention_bytes === null ? '' : Math.round(kept.retention_bytes / MIB)}
          onChange={(value) => set({ retention_bytes: typeof value === 'number' ? value * MIB : null })}
        />
      </SimpleGrid>
    </WorkflowForm>
  )
}
