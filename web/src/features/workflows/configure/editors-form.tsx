import { useChanges } from '../../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../../lib/forms/workflow-form.tsx'
import { t } from '../../../lib/i18n/t.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { EditorsSelect } from '../../../lib/ui/controls/editors-select.tsx'

export function EditorsForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow)
  const { values, set } = form
  return (
    <WorkflowForm workflow={workflow} form={form} name={t('Editors')}>
      <EditorsSelect
        editors={values.editors}
        explanation={t(
          'Everyone else sees the workflow and its runs, and can’t change, test or run it. Owners always can.',
        )}
        onChange={(editors) => set({ editors: editors && [...editors] })}
      />
    </WorkflowForm>
  )
}
