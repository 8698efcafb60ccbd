/** Which parts may import which (docs/understand/architecture.md, section 3), and which rights a part has alone. */

import { posix } from 'node:path'
import type { Source } from './sources.ts'

const EVERYBODY = ['clock', 'error-codes', 'errors', 'guard', 'held-lock', 'random', 'start-job', 'imports', 'threads']
/** Who calls the API uses it: the app, and the command line. */
const CLIENT = 'client/index.ts'
const BELOW_HTTP = ['deploy', 'jobs', 'runs', 'store', 'workers', 'domain', 'config']

/** For each part of `src/`, the other parts that it may import. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  commands: ['main', 'http', ...BELOW_HTTP],
  main: ['demo', 'http', ...BELOW_HTTP],
  demo: ['http'],
  http: BELOW_HTTP,
  deploy: ['runs', 'store', 'workers', 'domain', 'config'],
  jobs: ['runs', 'store', 'workers', 'domain', 'config'],
  runs: ['store', 'workers', 'domain', 'config'],
  store: ['domain', 'config'],
  workers: ['domain', 'config'],
  domain: [],
  config: [],
  'error-codes': [],
  errors: [],
  guard: [],
  'held-lock': [],
  random: [],
  clock: [],
  'start-job': [],
  imports: [],
  threads: [],
}

/** What only some parts may do: a pattern in the source, and who may. */
const RIGHTS: readonly { what: string; pattern: RegExp; parts: readonly string[] }[] = [
  { what: 'read the environment', pattern: /\bprocess\.env\b/, parts: ['config'] },
  { what: 'speak SQL', pattern: importOf('kysely(/.*)?|pg|node:sqlite'), parts: ['store', 'held-lock'] },
  { what: 'start threads', pattern: importOf('piscina'), parts: ['threads'] },
  { what: 'start processes', pattern: importOf('(node:)?child_process'), parts: ['workers'] },
  {
    what: 'know HTTP',
    pattern: importOf('fastify|@fastify/.*|(node:)?https?|better-auth(/.*)?'),
    parts: ['http', 'demo'],
  },
  { what: 'print', pattern: /\bconsole\.\w|\bprocess\.(stdout|stderr)\b/, parts: ['commands'] },
]

/** The domain decides from what it is given: no files, no network, no clock, no chance. */
const IMPURE =
  /from '(node:)?(fs|net|http|https|dns|os|child_process|worker_threads|timers)(\/.*)?'|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(/

/** Every broken arrow among the sources, each as one sentence; none: an empty list. */
export function findBrokenArrows(sources: readonly Source[]): readonly string[] {
  return sources.flatMap((source) => {
    if (source.path.startsWith('web/')) return findWebImports(source)
    if (source.path.startsWith('cli/')) return findCliImports(source)
    const part = partOf(source.path)
    return [...findImports(source, part), ...findRights(source, part), ...(part === 'domain' ? findImpure(source) : [])]
  })
}

/** `src/store/runs/runs.ts` is of the part `store`, `src/errors.ts` of the part `errors`. */
function partOf(path: string): string {
  const [first = ''] = path.replace(/^src\//, '').split('/')
  return first.replace(/\.ts$/, '')
}

function findImports({ path, text }: Source, part: string): readonly string[] {
  const allowed = MAY_IMPORT[part]
  if (allowed === undefined) return [`${path}: the part "${part}" is unknown; give it its arrows first`]
  return ownImports(text).flatMap((specifier) => {
    const target = posix.join(posix.dirname(path), specifier)
    if (!target.startsWith('src/')) return [`${path} imports ${target}, which is outside src/`]
    const other = partOf(target)
    const isFine = other === part || allowed.includes(other) || EVERYBODY.includes(other)
    return isFine ? [] : [`${path} (${part}) may not import ${target} (${other})`]
  })
}

function findRights({ path, text }: Source, part: string): readonly string[] {
  return RIGHTS.filter(({ pattern, parts }) => !parts.includes(part) && pattern.test(withoutComments(text))).map(
    ({ what, parts }) => `${path} (${part}) may not ${what}: only ${parts.join(', ')} may`,
  )
}

function findImpure({ path, text }: Source): readonly string[] {
  const found = IMPURE.exec(withoutComments(text))
  return found === null ? [] : [`${path} (domain) is not pure: ${found[0]}`]
}

/** The app imports nothing of the server. Its features do not import each other; only `workflows` composes the others. */
function findWebImports({ path, text }: Source): readonly string[] {
  const own = featureOf(path)
  return ownImports(text).flatMap((specifier) => {
    const target = posix.join(posix.dirname(path), specifier)
    if (target === CLIENT) return []
    if (!target.startsWith('web/')) {
      return [`${path} imports ${target}: the app knows the server by its API only, through ${CLIENT}`]
    }
    const other = featureOf(target)
    if (other === null || other === own) return []
    if (own === 'workflows') return []
    if (own === null && !path.startsWith('web/src/lib/')) return []
    return [`${path} (${own ?? 'lib'}) may not import ${target}: only features/workflows and app compose features`]
  })
}

/** The command line calls the server by the client. Of the server it shares what a folder is, which the domain says. */
function findCliImports({ path, text }: Source): readonly string[] {
  const imports = ownImports(text).flatMap((specifier) => {
    const target = posix.join(posix.dirname(path), specifier)
    const isFine = target === CLIENT || /^(cli|src\/domain)\//.test(target) || target === 'src/errors.ts'
    return isFine ? [] : [`${path} imports ${target}: the command line knows the server by ${CLIENT} and the domain`]
  })
  const isReader = path === 'cli/environment.ts' || !/\bprocess\.env\b/.test(withoutComments(text))
  return isReader ? imports : [...imports, `${path} reads the environment: only cli/environment.ts may`]
}

const ROOTS = new Set(['src', 'cli', 'scripts'])

/**
 * Returns the folders that import each other in a circle, each circle as one sentence with an import for each step.
 * A file directly in `src`, `cli` or `scripts` counts as a folder: `main` imports all folders, and all import `errors`.
 */
export function findKnots(sources: readonly Source[]): readonly string[] {
  const deepest = Math.max(...sources.map(({ path }) => path.split('/').length))
  return [...new Set(Array.from({ length: deepest }, (_, index) => knotsAt(sources, index + 1)).flat())]
}

/** A folder that lies deeper counts as the folder at this depth that holds it. */
function knotsAt(sources: readonly Source[], depth: number): readonly string[] {
  const folderOf = (path: string) => {
    const folder = posix.dirname(path)
    return ROOTS.has(folder) ? path : folder.split('/').slice(0, depth).join('/')
  }
  const steps = new Map<string, Map<string, string>>()
  for (const { path, text } of sources) {
    const folder = folderOf(path)
    const targets = ownImports(text).map((specifier) => posix.join(posix.dirname(path), specifier))
    for (const target of targets) {
      const other = folderOf(target)
      if (other === folder || ROOTS.has(folder) || ROOTS.has(other)) continue
      const known = steps.get(folder) ?? new Map<string, string>()
      steps.set(folder, known.set(other, known.get(other) ?? `${path} imports ${target}`))
    }
  }
  const knots: string[] = []
  const done = new Set<string>()
  const walk = (folder: string, way: readonly string[]): void => {
    if (way.includes(folder)) {
      const circle = [...way.slice(way.indexOf(folder)), folder]
      knots.push(circle.flatMap((from, index) => steps.get(from)?.get(circle[index + 1] ?? '') ?? []).join(', '))
    }
    if (way.includes(folder) || done.has(folder)) return
    for (const next of steps.get(folder)?.keys() ?? []) walk(next, [...way, folder])
    done.add(folder)
  }
  for (const folder of steps.keys()) walk(folder, [])
  return knots
}

/** The feature of a file of the app; null outside `web/src/features`. */
function featureOf(path: string): string | null {
  return /^web\/src\/features\/([^/]+)\//.exec(path)?.[1] ?? null
}

function ownImports(text: string): readonly string[] {
  const pattern = /(?:\bfrom|\bimport)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '')
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
}

function importOf(names: string): RegExp {
  return new RegExp(`(?:\\bfrom|\\bimport)\\s*\\(?\\s*['"](?:${names})['"]`)
}
