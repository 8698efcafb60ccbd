import { UserError } from '../../errors.ts'
import { type ModuleFiles, SAMPLE } from '../modules/module-files.ts'
import { languageOf } from '../shared/language.ts'

export type FolderFiles = ReadonlyMap<string, string>

export type FolderParts = {
  readonly yaml: string
  readonly source: string | null
  readonly sourceName: string | null
  readonly files: ModuleFiles
  readonly env: string | null
  readonly samples: ReadonlyMap<string, string>
}

export const YAML_NAME = 'workflow.yaml'
export const ENV_NAME = 'settings.env'
export const SAMPLE_NAME = 'samples/sample.json'
const SOURCE_NAMES: readonly string[] = ['workflow.py', 'workflow.ts']
const MAX_NAME = 60

export const sourceNameOf = (runtime: string): string =>
  languageOf(runtime) === 'javascript' ? 'workflow.ts' : 'workflow.py'

export function folderNameOf(name: string): string {
  const ascii = name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
  const slug = ascii.replace(/[^a-z0-9._]+/g, '-').replace(/^[-.]+|(?<![-.])[-.]+$/g, '')
  return slug.slice(0, MAX_NAME).replace(/(?<![-.])[-.]+$/, '') || 'workflow'
}

/** Throws `invalid_archive` for a missing file or two sources. */
export function splitFolder(files: FolderFiles): FolderParts {
  const yaml = files.get(YAML_NAME)
  if (yaml === undefined)
    throw new UserError('invalid_archive', `Expected a file ${YAML_NAME} in the folder, found none.`)
  const sources = SOURCE_NAMES.filter((name) => files.has(name))
  if (sources.length > 1) throw new UserError('invalid_archive', `Expected one source, found ${sources.join(' and ')}.`)
  const [sourceName = null] = sources
  const known = new Set([YAML_NAME, ENV_NAME, ...SOURCE_NAMES])
  const others = [...files].filter(([path]) => !known.has(path))
  return {
    yaml,
    source: sourceName === null ? null : (files.get(sourceName) ?? ''),
    sourceName,
    env: files.get(ENV_NAME) ?? null,
    samples: new Map(others.filter(([path]) => SAMPLE.test(path)).sort(byPath)),
    files: Object.fromEntries(others.filter(([path]) => !SAMPLE.test(path)).sort(byPath)),
  }
}

const byPath = ([one]: readonly [string, string], [other]: readonly [string, string]): number =>
  one < other ? -1 : one > other ? 1 : 0
