import { Switch } from '@mantine/core'
import { useChanges } from '../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../lib/forms/workflow-form.tsx'
import { t } from '../../lib/i18n/t.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { NEW_RULE } from './channels.ts'
import { Mute } from './incident.tsx'
import { RuleFields } from './rule-fields.tsx'

export function AlertsForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow)
  const rule = form.values.alerts
  return (
    <WorkflowForm workflow={workflow} form={form} name={t('Alerts')}>
      <Switch
        label={t('Notify me about this workflow')}
        description={t('Off: uses the default alerts (Settings › Alerts).')}
        checked={rule !== null}
        onChange={(event) => form.set({ alerts: event.currentTarget.checked ? NEW_RULE : null })}
      />
      {rule === null ? null : <RuleFields rule={rule} onChange={(alerts) => form.set({ alerts })} />}
      <Mute workflowId={workflow.id} />
    </WorkflowForm>
  )
}
