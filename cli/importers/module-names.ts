/** Pipedream and Lambda find a handler by its path, such as `01-mail.py`. */

import { validateFiles } from '../../src/domain/modules/module-files.ts'

export type NamedModules = {
  readonly modules: ReadonlyMap<string, string>
  readonly newPath: (path: string) => string
  readonly notCarriedOver: readonly string[]
}

/** Renames modules that Python can't import or whose name is taken. `own`: the importer's paths. */
export function nameModules(given: ReadonlyMap<string, string>, own: readonly string[]): NamedModules {
  const known = new Set<string>(own)
  const renamed = new Map<string, string>()
  const notCarriedOver: string[] = []
  for (const [path, code] of given) {
    if (path === '__init__.py') {
      if (code.trim() !== '') notCarriedOver.push(`${path}: no module of a workflow can import it`)
      continue
    }
    const name = freeName(path, known)
    known.add(name)
    renamed.set(path, name)
    if (name !== path) notCarriedOver.push(sayRenamed(path, name))
  }
  const modules = new Map([...renamed].map(([path, name]) => [name, given.get(path) ?? '']))
  const problem = validateFiles(Object.fromEntries(modules), 'python3')
  if (problem !== null) notCarriedOver.push(`modules as they are, so that a push is refused (${problem})`)
  return { modules, newPath: (path) => renamed.get(path) ?? path, notCarriedOver }
}

function freeName(path: string, known: ReadonlySet<string>): string {
  let name = path
    .replace(/\.py$/, '')
    .split('/')
    .map((part) => part.replace(/\W/g, '_').replace(/^(?=\d)/, '_'))
    .join('/')
  while (known.has(`${name}.py`) || isTaken(`${name}.py`)) name = name.replace(/^[^/]+/, '$&_')
  return `${name}.py`
}

const isTaken = (path: string): boolean => validateFiles({ [path]: '' }, 'python3') !== null

/** An import statement cannot have an invalid name, so other code may need changes only for valid ones. */
function sayRenamed(path: string, name: string): string {
  const wasValid = path
    .replace(/\.py$/, '')
    .split('/')
    .every((part) => /^[A-Za-z_]\w*$/.test(part))
  return wasValid
    ? `the name of ${path}, which is taken: it is ${name} now. Write the new name where it is imported`
    : `the name of ${path}, which no Python module can have: it is ${name} now`
}
