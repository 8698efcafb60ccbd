import { useMutation, useQueryClient } from '@tanstack/react-query'
import { ApiError, api } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import type { Example } from '../../../../lib/examples.ts'
import { t } from '../../../../lib/i18n/t.ts'
import type { Language } from '../../../../lib/kinds.ts'
import { createVersion } from '../../../../lib/requests/create-version.ts'
import type { Schedule } from '../../../../lib/requests/get-workflow.ts'
import { putSetting } from '../../../../lib/requests/put-setting.ts'
import { putSample } from '../../../../lib/requests/sample-request.ts'
import { type Demo, withDemo } from '../../../../lib/with-demo.ts'

/** `runtime` null means the default Python. */
export type NewWorkflow = {
  name: string
  example: Example
  language: Language
  runtime: string | null
  schedule: Schedule | null
  demo: Demo | null
}

export function useCreateWorkflow() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ name, example: plain, language, runtime, schedule, demo }: NewWorkflow) => {
      const example = demo === null ? plain : withDemo(plain, (await plain.code.python?.()) ?? '', demo)
      const body = {
        name,
        kind: example.kind,
        description: describe(example),
        ...(schedule === null ? {} : { schedule }),
        ...(runtime === null ? {} : { runtime }),
      }
      const workflow = await api.post('/api/workflows', { body })
      // An empty secret would look as if it were set.
      for (const { name: key, value, secret, isJson = false } of example.properties) {
        const json = isJson ? value : JSON.stringify(value)
        if (value !== '') await putSetting(workflow.id, { key, value: json, secret })
      }
      await createFirstVersion(workflow.id, example, language)
      const sample = example.properties.length === 0 ? undefined : example.sample_request
      if (sample !== undefined) {
        await putSample(workflow.id, { headers: Object.entries(sample.headers), body: sample.body, source: 'person' })
      }
      return workflow
    },
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.workflows }),
  })
}

const describe = (example: Example): string => (example.properties.length === 0 ? '' : example.description)

async function createFirstVersion(workflowId: string, example: Example, language: Language): Promise<void> {
  const source = (await (example.code[language] ?? example.code.python)?.()) ?? ''
  const version = { source, message: t('Started from “{title}”', { title: example.title }) }
  try {
    await createVersion(workflowId, { ...version, deploy: !mustWait(example) })
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 422) throw error
    await createVersion(workflowId, { ...version, deploy: false })
  }
}

/** A schedule starts with the first deployment, and would fail without its properties. */
const mustWait = (example: Example): boolean =>
  example.kind === 'pull' &&
  (example.properties.length === 0 || example.properties.some((property) => property.value === ''))
