import { languageOf } from '../shared/language.ts'
import { STANDARD_MODULES } from './standard-modules.ts'

/** Text by path: `lib/parse.py` is imported as `lib.parse`, `lib/parse.ts` as `./lib/parse.ts`. */
export type ModuleFiles = Readonly<Record<string, string>>

export type CodeText = { readonly source: string; readonly files: ModuleFiles }

export const NO_FILES: ModuleFiles = Object.freeze({})

export const FILE_LIMITS = { count: 50, bytes: 1024 * 1024, pathLength: 200 } as const

const OUR_NAMES: ReadonlySet<string> = new Set([
  'workflow',
  'workflows',
  'workflow_runtime',
  'python',
  'hrflow',
  'requests',
])
/** No segment begins with a dot, so none is `..`. */
const SCRIPT = /^([A-Za-z0-9_][A-Za-z0-9_.-]*\/)*[A-Za-z0-9_][A-Za-z0-9_.-]*\.(ts|mts|js|mjs|json)$/
/** `workflows` is the module of durable functions. */
const DURABLE = /^workflows(\.[a-z]+$|\/)/
export const SAMPLE = /^samples\/[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.json$/
const SEGMENT = /^[A-Za-z_][A-Za-z0-9_]*$/

export function validateFiles(files: ModuleFiles, runtime: string): string | null {
  const language = languageOf(runtime)
  const paths = Object.keys(files)
  if (paths.length > FILE_LIMITS.count) {
    return `files: expected at most ${FILE_LIMITS.count} modules, found ${paths.length}`
  }
  for (const path of paths) {
    const shown = JSON.stringify(path.slice(0, 100))
    if (path.length > FILE_LIMITS.pathLength)
      return `files: expected a path of at most ${FILE_LIMITS.pathLength} characters, found ${shown}…`
    const problem = language === 'python' ? validatePath(path, shown) : validateScriptPath(path, shown)
    if (problem !== null) return problem
  }
  return validateTogether(paths)
}

function validateScriptPath(path: string, shown: string): string | null {
  if (!SCRIPT.test(path)) return `files: expected a relative path such as lib/parse.ts, found ${shown}`
  if (SAMPLE.test(path)) {
    return `files: ${shown} is where the folder of a workflow has a sample of a request. Choose another folder`
  }
  if (path === 'workflow.ts') return `files: ${shown} is the name of the source itself. Choose another name`
  return DURABLE.test(path)
    ? `files: ${shown} has a name that the platform uses (workflows). Choose another name`
    : null
}

export function bytesOfFiles(files: ModuleFiles): number {
  return Object.values(files).reduce((sum, text) => sum + Buffer.byteLength(text), 0)
}

/** Equal modules become equal JSON. */
export function sortFiles(files: ModuleFiles): ModuleFiles {
  const paths = Object.keys(files).sort()
  return Object.fromEntries(paths.map((path) => [path, files[path] ?? '']))
}

function validatePath(path: string, shown: string): string | null {
  const segments = path.replace(/\.py$/, '').split('/')
  if (!path.endsWith('.py') || !segments.every((segment) => SEGMENT.test(segment))) {
    return `files: expected a relative path of Python names such as lib/parse.py, found ${shown}`
  }
  const [top = ''] = segments
  if (path === '__init__.py' || top === '__main__') return `files: ${shown} is no module that the source can import`
  if (OUR_NAMES.has(top)) return `files: ${shown} has a name that the platform uses (${top}). Choose another name`
  if (!STANDARD_MODULES.has(top)) return null
  return `files: ${shown} would replace the module ${top} of Python's standard library. Choose another name`
}

/** Two paths may be one file on a disk that ignores case. */
function validateTogether(paths: readonly string[]): string | null {
  const seen = new Map<string, string>()
  for (const path of paths) {
    const key = path.toLowerCase()
    const other = seen.get(key)
    if (other !== undefined) return `files: ${other} and ${path} differ only in case`
    seen.set(key, path)
  }
  for (const path of paths) {
    const folder = `${path.replace(/\.py$/, '')}/`
    const inside = paths.find((other) => other.startsWith(folder))
    if (inside !== undefined) return `files: ${path} and ${inside} would be the same module. Rename one of them`
  }
  return null
}
