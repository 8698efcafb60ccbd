import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { type FolderFiles, YAML_NAME } from '../../src/domain/folders/layout.ts'
import { Failure } from '../errors.ts'

const MAX_DEPTH = 4
const MAX_FILES = 200
const MAX_BYTES = 16 * 1024 * 1024
const SKIPPED = new Set(['node_modules', '__pycache__', 'venv'])
/** All others belong to the person. */
const OURS =
  /^(workflow\.(yaml|py|ts)|settings\.env|samples\/[A-Za-z0-9][A-Za-z0-9._-]*\.json|([A-Za-z_]\w*\/)*[A-Za-z_]\w*\.py|([A-Za-z0-9_][\w.-]*\/)*[A-Za-z0-9_][\w.-]*\.(m?[jt]s|json))$/
/** JSON of a sample, not a module. */
const SAMPLE_FILE = /^samples\/[^/]+$/
/** TypeScript tools' settings, modules only if imported. */
const TOOL_FILE = /^(package(-lock)?|npm-shrinkwrap|[jt]sconfig(\.[\w-]+)?|deno|biome|renovate)\.json$/

export function listFolders(cwd: string): readonly string[] {
  return existsSync(join(cwd, YAML_NAME)) ? [cwd] : [...foldersBelow(cwd, MAX_DEPTH)].sort()
}

function* foldersBelow(folder: string, depth: number): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith('.') || SKIPPED.has(entry.name)) continue
    const path = join(folder, entry.name)
    if (existsSync(join(path, YAML_NAME))) yield path
    else if (depth > 1) yield* foldersBelow(path, depth - 1)
  }
}

export function findFolder(cwd: string, name: string): string | null {
  const direct = resolve(cwd, name)
  if (existsSync(join(direct, YAML_NAME))) return direct
  const found = listFolders(cwd).filter((folder) => basename(folder) === name)
  if (found.length > 1)
    throw new Failure(
      `There are ${found.length} folders "${name}": ${found.map((one) => relative(cwd, one)).join(', ')}. Name one by its path.`,
    )
  return found[0] ?? null
}

export function getFolder(cwd: string, name: string): string {
  const folder = findFolder(cwd, name)
  if (folder !== null) return folder
  throw new Failure(
    `There is no folder "${name}" with a ${YAML_NAME} here or below. "workflows init" makes one, "workflows pull ${name}" gets one.`,
  )
}

/** Skips links, which may point anywhere. */
export function readFolder(folder: string): FolderFiles {
  const files = new Map<string, string>()
  for (const path of withoutForeign([...filesBelow(folder, folder)]).sort()) {
    if (files.size === MAX_FILES) throw new Failure(`${folder}: expected at most ${MAX_FILES} files, found more.`)
    const absolute = join(folder, path)
    if (statSync(absolute).size > MAX_BYTES)
      throw new Failure(`${absolute}: expected at most ${MAX_BYTES} bytes, found more.`)
    files.set(path, readFileSync(absolute, 'utf8'))
  }
  return withoutTools(files)
}

/** JSON modules belong only to TypeScript. */
export function withoutForeign(paths: readonly string[]): string[] {
  const isScript = paths.includes('workflow.ts')
  return paths.filter((path) => isOurs(path) && (isScript || !isJsonModule(path)))
}

export function withoutTools(files: FolderFiles): FolderFiles {
  const scripts = [...files].flatMap(([path, text]) => (/\.m?[jt]s$/.test(path) ? [text] : []))
  const isImported = (path: string) => scripts.some((text) => text.includes(`./${path}`))
  return new Map([...files].filter(([path]) => !TOOL_FILE.test(path) || isImported(path)))
}

const isJsonModule = (path: string): boolean => path.endsWith('.json') && !SAMPLE_FILE.test(path)

function* filesBelow(root: string, folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const absolute = join(folder, entry.name)
    if (entry.isDirectory() && !entry.name.startsWith('.') && !SKIPPED.has(entry.name))
      yield* filesBelow(root, absolute)
    const path = relative(root, absolute).split(sep).join('/')
    if (entry.isFile()) yield path
  }
}

const isOurs = (path: string): boolean => OURS.test(path)

/** Throws a Failure for a path outside the folder. */
export function writeFolder(folder: string, files: FolderFiles, removed: readonly string[]): void {
  mkdirSync(folder, { recursive: true })
  for (const path of removed) {
    assertInside(folder, path)
    rmSync(join(folder, path), { force: true })
  }
  for (const [path, text] of files) {
    assertInside(folder, path)
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

/** A link on this disk could redirect a write. */
function assertInside(folder: string, path: string): void {
  if (!isOurs(path))
    throw new Failure(
      `The server sent a file with the path ${JSON.stringify(path)}, which no folder of a workflow has.`,
    )
  const parts = path.split('/')
  for (let length = 1; length <= parts.length; length += 1) {
    const absolute = join(folder, ...parts.slice(0, length))
    if (lstatSync(absolute, { throwIfNoEntry: false })?.isSymbolicLink()) {
      throw new Failure(`${absolute} is a link: remove it, or write what it should hold yourself.`)
    }
  }
}
