import { Type } from 'typebox'
import type { AlertRule } from '../../../domain/alerts/rule.ts'
import {
  type FolderFiles,
  type FolderParts,
  SAMPLE_NAME,
  sourceNameOf,
  splitFolder,
} from '../../../domain/folders/layout.ts'
import type { FolderSetting } from '../../../domain/folders/settings-env.ts'
import { FOLDER_FIELDS } from '../../../domain/folders/workflow-yaml.ts'
import { isObject } from '../../../domain/json/is-object.ts'
import type { CodeText } from '../../../domain/modules/module-files.ts'
import type { Warning } from '../../../domain/runs/run.ts'
import type { SampleRequest } from '../../../domain/runs/sample-request.ts'
import { KINDS, type Kind } from '../../../domain/shared/kind.ts'
import { strict } from '../../../domain/shared/schemas.ts'
import { newWorkflow, type SentFields } from '../../../domain/workflows/fields.ts'
import { type FieldValues, LIMITS, WORKFLOW_FIELDS } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import { settingBytes, validateSetting, validateTotal } from '../../../store/settings/values.ts'
import type { StoreUse } from '../../../store/store.ts'
import { openJson } from '../../wire/body-readers.ts'
import { assertJsonBody } from '../../wire/content.ts'
import { findUnknown } from '../alerts/routes.ts'
import type { ApiContext } from '../common/api.ts'
import { checkCode } from '../common/check-code.ts'
import { createCheck } from '../common/validation.ts'
import { readManualRequest } from '../runs/manual-request.ts'
import { RequestGiven } from '../runs/schemas.ts'
import { checkKey, checkValue } from '../settings/check-setting.ts'
import { sentFields } from '../workflows/field-schemas.ts'
import { readFields } from '../workflows/read-fields.ts'
import type { FolderThreads } from './folder-threads.ts'

export type ReadFolder = {
  readonly name: string
  readonly kind: Kind
  readonly fields: Partial<FieldValues>
  readonly code: CodeText | null
  readonly settings: readonly FolderSetting[] | null
  readonly sample: SampleRequest | null
  readonly warnings: readonly Warning[]
}

const { name, ...optional } = Object.fromEntries(FOLDER_FIELDS.map((field) => [field, sentFields[field]]))
export const FolderYaml = strict({
  name: WORKFLOW_FIELDS.name.schema,
  kind: Type.Enum([...KINDS]),
  ...optional,
})

const checkYaml = createCheck(FolderYaml)
const checkSample = createCheck(RequestGiven)

export type FolderContext = ApiContext & { readonly folders: FolderThreads }

export async function readFolder(files: FolderFiles, context: FolderContext, owner: string): Promise<ReadFolder> {
  const { store } = context
  const tasks = context.folders.of(owner)
  const parts = splitFolder(files)
  const { kind, ...sent } = assertFields(await tasks.readYaml(parts.yaml))
  const read = await within('workflow.yaml', () => readFields(sent, kind, context, owner))
  const { alerts, warnings } = await knownChannels(store, read.alerts ?? null)
  const fields = read.alerts === undefined ? read : { ...read, alerts }
  const workflow = newWorkflow({ ...fields, id: '', name: sent.name, kind, hookKey: null, createdAt: 0 })
  const sourceName = sourceNameOf(workflow.runtime)
  if (parts.sourceName !== null && parts.sourceName !== sourceName) {
    throw wrong(`the runtime ${workflow.runtime} runs ${sourceName}, found ${parts.sourceName}`)
  }
  return {
    name: workflow.name,
    kind,
    fields,
    code: await readCode(parts, workflow.runtime),
    settings: parts.env === null ? null : await assertSettings(await tasks.readEnv(parts.env)),
    sample: await readSample(parts.samples, workflow),
    warnings,
  }
}

/** Channels belong to an installation. */
async function knownChannels(
  store: StoreUse<{ alerts: 'findChannel' }>,
  rule: AlertRule | null,
): Promise<{ readonly alerts: AlertRule | null; readonly warnings: readonly Warning[] }> {
  const unknown = await findUnknown(store, rule)
  if (rule === null || unknown.length === 0) return { alerts: rule, warnings: [] }
  const channels = rule.channels.filter((id) => !unknown.includes(id))
  const message = `alerts.channels: there is no channel ${unknown.map((id) => JSON.stringify(id)).join(', ')}, so it was left out.`
  const left = channels.length === 0 ? " No channel is left, so the installation's rule applies." : ''
  return {
    alerts: channels.length === 0 ? null : { ...rule, channels },
    warnings: [{ code: 'unknown_channel', message: `${message}${left}` }],
  }
}

type Yaml = SentFields & { readonly name: string; readonly kind: Kind }

function assertFields(found: Readonly<Record<string, unknown>>): Yaml {
  const problem = checkYaml(found, 'the file')
  if (problem !== null) throw new UserError('invalid_archive', `workflow.yaml: ${problem}`)
  const check = found.sender_check
  if (isObject(check) && ('secret' in check || 'previous_secret' in check)) {
    throw wrong(
      'workflow.yaml: sender_check: expected no secret in a folder, found one. Set it in the app or by the API',
    )
  }
  return found as Yaml
}

async function readCode({ source, files }: FolderParts, runtime: string): Promise<CodeText | null> {
  const sourceName = sourceNameOf(runtime)
  if (source !== null) {
    await within(sourceName, async () => checkCode({ source, files }, runtime))
    return { source, files }
  }
  const [other] = Object.keys(files)
  if (other !== undefined)
    throw wrong(`${sourceName}: expected a source beside ${JSON.stringify(other.slice(0, 100))}, found none`)
  return null
}

async function assertSettings(settings: readonly FolderSetting[]): Promise<readonly FolderSetting[]> {
  await within('settings.env', async () => {
    let bytes = 0
    for (const { key, value } of settings) {
      const kept = checkValue(Buffer.from(value ?? '""'))
      const problem = validateSetting(checkKey(key), kept)
      if (problem !== null) throw wrong(problem)
      await assertJsonBody(Buffer.from(kept), LIMITS.settingDepth)
      bytes += settingBytes(key, kept)
    }
    const excess = validateTotal({ count: settings.length, bytes }, { count: 0, bytes: 0 })
    if (excess !== null) throw wrong(excess)
  })
  // A withheld value is neither set nor deleted.
  return settings.filter(({ value, secret }) => secret || value !== null)
}

async function readSample(
  samples: FolderParts['samples'],
  workflow: Parameters<typeof readManualRequest>[0],
): Promise<SampleRequest | null> {
  const read: [string, SampleRequest][] = []
  for (const [path, text] of samples) {
    await within(path, async () => {
      const { value, opaque } = await openJson(Buffer.from(text), LIMITS.bodyDepth + 1, ['body'])
      const problem = checkSample(value, 'the file')
      if (problem !== null) throw wrong(problem)
      const request = await readManualRequest(workflow, value as Parameters<typeof readManualRequest>[1], opaque)
      if (request === null) throw wrong('a pull workflow takes no request')
      const { url: _, ...sample } = request
      read.push([path, { ...sample, source: 'person' }])
    })
  }
  return (read.find(([path]) => path === SAMPLE_NAME) ?? read[0])?.[1] ?? null
}

async function within<T>(path: string, check: () => Promise<T>): Promise<T> {
  try {
    return await check()
  } catch (error) {
    if (!(error instanceof UserError) || error.status >= 500) throw error
    throw new UserError('invalid_archive', `${path}: ${error.message}`)
  }
}

const wrong = (problem: string): UserError => new UserError('invalid_archive', `${problem.replace(/\.$/, '')}.`)
