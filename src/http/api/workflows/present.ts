import { FIELD_NAMES, fieldOf, propertyOf } from '../../../domain/workflows/fields.ts'
import type { FieldName, WORKFLOW_FIELDS, Workflow } from '../../../domain/workflows/workflow.ts'
import type { Urls } from '../../wire/urls.ts'
import { timeText } from '../common/present.ts'
import type { Shown } from '../common/routes.ts'
import type { Workflow as WorkflowSchema } from './schemas.ts'

/** The URL suffices to run the workflow. */
export function presentWorkflow(workflow: Workflow, urls: Urls, showHook = true) {
  const { id, kind, hookKey } = workflow
  return {
    id,
    kind,
    ...presentFields(workflow),
    hook_url: hookKey === null || !showHook ? null : urls.hookUrl(hookKey),
    deployed_version: workflow.deployedVersion,
    created_at: timeText(workflow.createdAt),
    updated_at: timeText(workflow.updatedAt),
  } satisfies Shown<typeof WorkflowSchema>
}

type ShownFields = { readonly [N in FieldName]: Shown<(typeof WORKFLOW_FIELDS)[N]['shown']> }

function presentFields(workflow: Workflow): ShownFields {
  const values: Readonly<Record<string, unknown>> = {
    ...workflow,
    senderCheck: { ...workflow.senderCheck, secrets: workflow.senderSecrets },
  }
  const shown = FIELD_NAMES.map((name) => {
    const { only = workflow.kind } = fieldOf(name)
    return [name, only === workflow.kind ? values[propertyOf(name)] : null]
  })
  return Object.fromEntries(shown) as ShownFields
}
