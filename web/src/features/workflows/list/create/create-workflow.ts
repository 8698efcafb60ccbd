import { useMutation, useQueryClient } from '@tanstack/react-query'
import { ApiError, api, type Schemas } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import type { Example } from '../../../../lib/examples.ts'
import { t } from '../../../../lib/i18n/t.ts'
import type { Language } from '../../../../lib/kinds.ts'
import { createVersion } from '../../../../lib/requests/create-version.ts'
import type { Schedule } from '../../../../lib/requests/get-workflow.ts'
import { putSetting } from '../../../../lib/requests/put-setting.ts'
import { putSample } from '../../../../lib/requests/sample-request.ts'

type Twins = NonNullable<Schemas['System']['twins']>
type Demo = NonNullable<Schemas['System']['demo']> & { twins: Twins }
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
      const example = demo === null ? plain : await withDemo(plain, demo)
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

const EXAMPLE_FILE = 'https://company.storage.fr/file/profile_1.doc'

async function withDemo(example: Example, { settings, file_url, twins }: Demo): Promise<Example> {
  const source = (await example.code.python?.()) ?? ''
  const own = example.properties.filter(({ twin }) => twin !== undefined)
  const read = settings.filter(
    ({ name }) => source.includes(`"${name}"`) && !own.some((property) => property.name === name),
  )
  const others = example.properties
    .filter(({ name }) => !read.some((setting) => setting.name === name))
    .map((property) => ({ ...property, value: twinValue(property.twin, twins) ?? property.value }))
  const sample = example.sample_request
  return {
    ...example,
    properties: [...read, ...others],
    sample_request: sample && { ...sample, body: sample.body.replace(EXAMPLE_FILE, file_url) },
  }
}

/** Only owners see the credentials of twins. */
function twinValue(twin: string | undefined, twins: Twins): string | undefined {
  const [name, field = ''] = twin?.split('.') ?? []
  const found = twins.find((one) => one.name === name)
  return field === 'url' ? found?.url : found?.credentials?.[field]
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
