import type { FolderSetting } from '../../../domain/folders/settings-env.ts'
import { FOLDER_FIELDS, isSame } from '../../../domain/folders/workflow-yaml.ts'
import { type CodeText, sortFiles } from '../../../domain/modules/module-files.ts'
import type { SampleRequest } from '../../../domain/runs/sample-request.ts'
import type { Setting } from '../../../domain/settings/settings.ts'
import { fieldOf, propertyOf } from '../../../domain/workflows/fields.ts'
import type { FieldValues, Version, Workflow } from '../../../domain/workflows/workflow.ts'
import { RawJson } from '../../wire/json-text.ts'
import type { ReadFolder } from './read-folder.ts'

/** `old` and `new` are null for a missing value, a secret, code and samples. */
export type Change = { readonly path: string; readonly old: unknown; readonly new: unknown }

export type Plan = {
  readonly changes: readonly Change[]
  readonly fields: Partial<FieldValues>
  readonly settings: readonly FolderSetting[]
  readonly code: CodeText | null
  readonly sample: SampleRequest | null
  readonly deploys: boolean
}

type Now = {
  readonly workflow: Workflow
  readonly newest: Version | null
  readonly settings: readonly Setting[]
  readonly sample: SampleRequest | null
}

export function planChanges(folder: ReadFolder, now: Now, deploy: boolean): Plan {
  const fields = planFields(folder, now.workflow)
  const settings = planSettings(folder.settings ?? [], now.settings)
  const code = folder.code !== null && !isSameCode(folder.code, now.newest) ? folder.code : null
  const sample = folder.sample !== null && !isSameSample(folder.sample, now.sample) ? folder.sample : null
  const { deployedVersion } = now.workflow
  const newest = (now.newest?.number ?? 0) + (code === null ? 0 : 1)
  const deploys = deploy && newest > 0 && newest !== deployedVersion
  const sampleChange: readonly Change[] = sample === null ? [] : [{ path: '/sample', old: null, new: null }]
  const deployment: readonly Change[] = deploys
    ? [{ path: '/deployed_version', old: deployedVersion, new: newest }]
    : []
  return {
    changes: [
      ...fields.changes,
      ...settings.changes,
      ...changesOfCode(code, now.newest),
      ...sampleChange,
      ...deployment,
    ],
    fields: fields.values,
    settings: settings.changed,
    code,
    sample,
    deploys,
  }
}

function planFields({ fields, kind, name }: ReadFolder, workflow: Workflow) {
  const wanted: Readonly<Record<string, unknown>> = { ...fields, name }
  const found: Readonly<Record<string, unknown>> = workflow
  const changes: Change[] = []
  const values: Record<string, unknown> = {}
  for (const field of FOLDER_FIELDS) {
    const property = propertyOf(field)
    const value = property in wanted ? wanted[property] : fieldOf(field).defaultOf(kind)
    if (isSame(value, found[property])) continue
    changes.push({ path: `/${field}`, old: found[property] ?? null, new: value })
    values[property] = value
  }
  return { changes, values: values as Partial<FieldValues> }
}

function planSettings(wanted: readonly FolderSetting[], found: readonly Setting[]) {
  const current = new Map(found.map((setting) => [setting.key, setting]))
  const changed = wanted.filter(({ key, value, secret }) => {
    const now = current.get(key)
    if (now === undefined || now.secret !== secret) return true
    return value !== null && value !== now.value
  })
  // A secret without a value keeps its stored value.
  const kept = changed.map((setting) => ({
    ...setting,
    value: setting.value ?? current.get(setting.key)?.value ?? null,
  }))
  const changes = changed.map(({ key, value, secret }): Change => {
    const now = current.get(key)
    const old = now === undefined || now.secret ? null : new RawJson(now.value)
    return { path: `/settings/${escapeName(key)}`, old, new: secret || value === null ? null : new RawJson(value) }
  })
  return { changes, changed: kept }
}

function changesOfCode(code: CodeText | null, newest: Version | null): readonly Change[] {
  if (code === null) return []
  const paths = [...new Set([...Object.keys(code.files), ...Object.keys(newest?.files ?? {})])].sort()
  const files = paths.filter((path) => code.files[path] !== newest?.files[path])
  const source = code.source === newest?.source ? [] : ['/source']
  return [...source, ...files.map((path) => `/files/${escapeName(path)}`)].map((path) => ({
    path,
    old: null,
    new: null,
  }))
}

const isSameCode = (code: CodeText, newest: Version | null): boolean =>
  newest !== null && code.source === newest.source && isSame(sortFiles(code.files), sortFiles(newest.files))

const isSameSample = (sample: SampleRequest, found: SampleRequest | null): boolean =>
  found !== null &&
  sample.query === found.query &&
  isSame(sample.headers, found.headers) &&
  sample.body.equals(found.body)

const escapeName = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')
