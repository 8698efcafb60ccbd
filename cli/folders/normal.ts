/** Ignores comments, order and defaults. */

import { ENV_NAME, type FolderFiles, SAMPLE_NAME, splitFolder, YAML_NAME } from '../../src/domain/folders/layout.ts'
import { type FolderSetting, parseSettingsEnv, writeSettingsEnv } from '../../src/domain/folders/settings-env.ts'
import { FOLDER_FIELDS, writeWorkflowYaml } from '../../src/domain/folders/workflow-yaml.ts'
import { parseWorkflowYaml } from '../../src/domain/folders/yaml.ts'
import { isObject } from '../../src/domain/json/is-object.ts'
import { memberText } from '../../src/domain/json/path.ts'
import { newWorkflow, parseFields, type SentFields } from '../../src/domain/workflows/fields.ts'

const FIELDS: readonly string[] = FOLDER_FIELDS

export function normalise(files: FolderFiles): FolderFiles {
  const { yaml, source, sourceName, env, samples, files: modules } = splitFolder(files)
  const sample = samples.get(SAMPLE_NAME) ?? [...samples.values()][0]
  return new Map([
    [YAML_NAME, normaliseYaml(yaml)],
    ...(source === null || sourceName === null ? [] : [[sourceName, source] as const]),
    [ENV_NAME, writeSettingsEnv(sorted(parseSettingsEnv(env ?? '')))],
    ...(sample === undefined ? [] : [[SAMPLE_NAME, normaliseSample(sample)] as const]),
    ...Object.entries(modules),
  ])
}

export const settingsOf = (files: FolderFiles): ReadonlyMap<string, FolderSetting> =>
  new Map(parseSettingsEnv(files.get(ENV_NAME) ?? '').map((setting) => [setting.key, setting]))

const sorted = (settings: readonly FolderSetting[]): readonly FolderSetting[] =>
  [...settings].sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)))

/** The server reports invalid fields. */
function normaliseYaml(text: string): string {
  const { kind, name, ...sent } = parseWorkflowYaml(text)
  if ((kind !== 'catch' && kind !== 'pull') || typeof name !== 'string') return text
  try {
    const fields = parseFields(sent as SentFields, kind)
    const isKnown = Object.keys(sent).every((field) => FIELDS.includes(field))
    return isKnown
      ? writeWorkflowYaml(newWorkflow({ ...fields, id: '', name, kind, hookKey: null, createdAt: 0 }))
      : text
  } catch {
    return text
  }
}

function normaliseSample(text: string): string {
  try {
    const given: unknown = JSON.parse(text)
    if (!isObject(given)) return text
    const { headers = {}, query = '', body_encoding = 'utf8' } = given
    const body = typeof given.body === 'string' ? given.body : memberText(text, 'body')
    const pairs = pairsOf(headers)
    const hasType = pairs.some(([name = '']) => name.toLowerCase() === 'content-type')
    if (!hasType && body !== undefined && body !== '') pairs.push(['Content-Type', 'application/json'])
    return `${JSON.stringify({ headers: pairs, query: queryText(query), body: body ?? '', body_encoding }, null, 2)}\n`
  } catch {
    return text
  }
}

function pairsOf(headers: unknown): string[][] {
  if (Array.isArray(headers)) return headers.map((pair) => [...pair])
  return Object.entries(isObject(headers) ? headers : {}).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, String(one)]),
  )
}

function queryText(query: unknown): string {
  if (typeof query === 'string') return query.replace(/^\?/, '')
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(isObject(query) ? query : {})) {
    for (const one of [value].flat()) search.append(name, String(one))
  }
  return search.toString()
}
