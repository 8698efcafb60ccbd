import { isUtf8 } from 'node:buffer'
import { ENV_NAME, type FolderFiles, SAMPLE_NAME, sourceNameOf, YAML_NAME } from '../../../domain/folders/layout.ts'
import type { FolderSetting } from '../../../domain/folders/settings-env.ts'
import { writtenFields } from '../../../domain/folders/workflow-yaml.ts'
import { sortFiles } from '../../../domain/modules/module-files.ts'
import type { SampleRequest } from '../../../domain/runs/sample-request.ts'
import type { Setting } from '../../../domain/settings/settings.ts'
import { LIMITS, type Version, type Workflow } from '../../../domain/workflows/workflow.ts'
import type { Store } from '../../../store/store.ts'
import { assertJsonBody } from '../../wire/content.ts'
import { type Disclosure, discloseSample } from '../common/disclosure.ts'
import { presentWholeRequest } from '../runs/present.ts'
import { listAllSettings } from '../settings/list-all.ts'
import type { FolderTasks } from './folder-threads.ts'

export async function findNewest(store: Store, workflowId: string): Promise<Version | null> {
  return (await store.workflows.listVersions(workflowId, { limit: 1, cursor: null })).data[0] ?? null
}

export async function writeFolder(
  { store, tasks }: { readonly store: Store; readonly tasks: FolderTasks },
  workflow: Workflow,
  version: Version | null,
  outside: Disclosure,
  withState: boolean,
): Promise<FolderFiles> {
  const files = new Map([[YAML_NAME, await tasks.writeYaml(writtenFields(workflow))]])
  if (version !== null) files.set(sourceNameOf(workflow.runtime), version.source)
  const settings = (await listAllSettings(store, workflow.id)).filter(({ isState }) => withState || !isState)
  files.set(ENV_NAME, await tasks.writeEnv(withhold(settings, outside)))
  const sample = workflow.kind === 'catch' ? await store.workflows.findSampleRequest(workflow.id) : null
  if (sample !== null) files.set(SAMPLE_NAME, await writeSample(await discloseSample(sample, outside)))
  for (const [path, text] of Object.entries(sortFiles(version?.files ?? {}))) files.set(path, text)
  return files
}

/** An import would store the redacted remainder of a value. */
function withhold(settings: readonly Setting[], outside: Disclosure): readonly FolderSetting[] {
  return settings
    .filter(({ key }) => outside.text(key) === key)
    .map(({ key, value, secret }) => ({ key, value: outside.json(value) === value ? value : null, secret }))
}

async function writeSample(sample: SampleRequest): Promise<string> {
  const { headers, query, body, body_encoding } = presentWholeRequest({ ...sample, url: '' })
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  const members: [string, string][] = []
  if (headers.length > 0) {
    const shown = names.size === headers.length ? Object.fromEntries(headers) : headers
    members.push(['headers', JSON.stringify(shown, null, 2).replaceAll('\n', '\n  ')])
  }
  if (Object.keys(query).length > 0) members.push(['query', JSON.stringify(sample.query)])
  if (sample.body.length > 0) {
    members.push(['body', (await isOwnJson(sample.body)) ? sample.body.toString('utf8') : JSON.stringify(body)])
  }
  if (body_encoding === 'base64') members.push(['body_encoding', '"base64"'])
  const lines = members.map(([name, text]) => `  ${JSON.stringify(name)}: ${text}`)
  return `{\n${lines.join(',\n')}\n}\n`
}

async function isOwnJson(body: Buffer): Promise<boolean> {
  if (!isUtf8(body)) return false
  const text = body.toString('utf8')
  if (text !== text.trim() || text.startsWith('"')) return false
  try {
    await assertJsonBody(body, LIMITS.bodyDepth)
    return true
  } catch {
    return false
  }
}
