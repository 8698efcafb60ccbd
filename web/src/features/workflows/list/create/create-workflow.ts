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
import { type Demo, demoConnection, type ExampleConnection, withDemo } from '../../../../lib/with-demo.ts'

/** `runtime`: null for the default Python. */
export type NewWorkflow = {
  name: string
  example: Example
  language: Language
  runtime: string | null
  schedule: Schedule | null
  demo: Demo | null
  clients: Clients
}

/** By connection name. */
export type Clients = Readonly<Record<string, { id: string; secret: string }>>

export function useCreateWorkflow() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ name, example: plain, language, runtime, schedule, demo, clients }: NewWorkflow) => {
      const example = demo === null ? plain : withDemo(plain, (await plain.code.python?.()) ?? '', demo)
      const connections = await addConnections(example, demo, clients)
      const body = {
        name,
        kind: example.kind,
        description: describe(example),
        ...(schedule === null ? {} : { schedule }),
        ...(runtime === null ? {} : { runtime }),
        ...(example.decisions === undefined ? {} : { decisions: example.decisions }),
        ...(connections.length === 0 ? {} : { connections: connections.map((one) => one.name) }),
      }
      const workflow = await api.post('/api/workflows', { body })
      // An empty secret would look set.
      for (const { name: key, value, secret, isJson = false } of example.properties) {
        const json = isJson ? value : JSON.stringify(value)
        if (value !== '') await putSetting(workflow.id, { key, value: json, secret })
      }
      await createFirstVersion(workflow.id, example, language, mustWait(example, connections))
      const sample = example.properties.length === 0 ? undefined : example.sample_request
      if (sample !== undefined) {
        await putSample(workflow.id, { headers: Object.entries(sample.headers), body: sample.body, source: 'person' })
      }
      return workflow
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: queryKeys.connections })
      return client.invalidateQueries({ queryKey: queryKeys.workflows })
    },
  })
}

const describe = (example: Example): string => (example.properties.length === 0 ? '' : example.description)

/** Creates missing connections with a known client. */
async function addConnections({ connections: needed = [] }: Example, demo: Demo | null, clients: Clients) {
  if (needed.length === 0) return []
  const found = []
  const { data: known } = await api.get('/api/connections')
  for (const one of needed) {
    const body = (demo && demoConnection(one, demo)) ?? clientOf(one, clients)
    const existing = known.find(({ name }) => name === one.name)
    if (existing !== undefined) found.push(existing)
    else if (body !== null) found.push(await api.post('/api/connections', { body }))
  }
  return found
}

function clientOf({ name, provider }: ExampleConnection, clients: Clients) {
  const { id = '', secret = '' } = clients[name] ?? {}
  return id.trim() === '' ? null : { name, provider, client_id: id.trim(), client_secret: secret || null }
}

async function createFirstVersion(
  workflowId: string,
  example: Example,
  language: Language,
  mustWait: boolean,
): Promise<void> {
  const source = (await (example.code[language] ?? example.code.python)?.()) ?? ''
  const version = { source, message: t('Started from “{title}”', { title: example.title }) }
  try {
    await createVersion(workflowId, { ...version, deploy: !mustWait })
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 422) throw error
    await createVersion(workflowId, { ...version, deploy: false })
  }
}

/** A schedule starts with the first deployment, and would fail without properties and sign-ins. */
const mustWait = (
  { kind, properties, connections = [] }: Example,
  found: readonly { readonly status: string }[],
): boolean =>
  kind === 'pull' &&
  (properties.length === 0 ||
    properties.some((property) => property.value === '') ||
    found.filter(({ status }) => status === 'connected').length < connections.length)
