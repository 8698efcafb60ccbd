import { JsonInput } from '@mantine/core'
import { useState } from 'react'
import { useChanges } from '../../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../../lib/forms/workflow-form.tsx'
import { t } from '../../../lib/i18n/t.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'

type Schema = NonNullable<Workflow['request_schema']>

export function RequestForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow, ['request_schema'])
  const { request_schema } = form.values
  const [typed, setTyped] = useState<string | null>(null)
  const shown = request_schema === null ? '' : JSON.stringify(request_schema, null, 2)
  const text = typed ?? shown
  const isValid = parseSchema(text) !== undefined
  const change = (next: string) => {
    setTyped(next)
    const schema = parseSchema(next)
    if (schema !== undefined) form.set({ request_schema: schema })
  }
  return (
    <WorkflowForm
      workflow={workflow}
      form={form}
      name={t('Request')}
      isValid={isValid}
      isChanged={form.isDirty || text !== shown}
    >
      <JsonInput
        label={t('JSON Schema of the body')}
        description={t('Calls whose body does not match get 400 and do not run. Empty: any body.')}
        placeholder={'{ "type": "object", "required": ["email"] }'}
        autosize
        minRows={3}
        maxRows={20}
        spellCheck={false}
        error={isValid ? form.errorOf('request_schema') : t('Not a JSON object')}
        value={text}
        onChange={change}
      />
    </WorkflowForm>
  )
}

/** Null for empty text, undefined if it is no JSON object. */
function parseSchema(text: string): Schema | null | undefined {
  if (text.trim() === '') return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}
