import { compare, satisfies } from '@renovatebot/pep440'
import { PackagesError } from './packages-error.ts'

export type KnownRuntime = { readonly name: string; readonly version: string }

const DEFAULT_RUNTIME = 'python3'

/**
 * For `python3`, returns the newest runtime that meets `requires-python`, otherwise the named one. Throws a
 * PackagesError that lists the fitting runtimes.
 */
export function chooseRuntime(
  requiresPython: string | null,
  wanted: string,
  runtimes: readonly KnownRuntime[],
  line: number | null,
): string {
  const named = runtimes.filter(({ name }) => name !== DEFAULT_RUNTIME)
  const preset = runtimes.find(({ name }) => name === wanted)
  if (requiresPython === null) return concreteName(preset, named) ?? wanted
  const fitting = named
    .filter(({ version }) => satisfies(version, requiresPython))
    .sort((a, b) => compare(b.version, a.version))
  if (wanted !== DEFAULT_RUNTIME) {
    if (preset !== undefined && satisfies(preset.version, requiresPython)) return wanted
    const found = preset === undefined ? 'which is not on this server' : `which is Python ${preset.version}`
    throw new PackagesError(
      `requires-python: expected ${requiresPython}, found the runtime ${wanted} of the workflow, ${found}. ${describeFitting(fitting)}`,
      line,
    )
  }
  const [newest] = fitting
  if (newest !== undefined) return newest.name
  throw new PackagesError(
    `requires-python: no Python of this server meets ${requiresPython}. ${describeFitting(fitting)} There are: ${listed(named)}.`,
    line,
  )
}

/** A lock stores the concrete name: `python3` may change. */
function concreteName(runtime: KnownRuntime | undefined, named: readonly KnownRuntime[]): string | null {
  if (runtime === undefined) return null
  const minor = `python${runtime.version.split('.').slice(0, 2).join('.')}`
  return named.some(({ name, version }) => name === minor && version === runtime.version) ? minor : runtime.name
}

function describeFitting(fitting: readonly KnownRuntime[]): string {
  if (fitting.length > 0) {
    return `These do: ${listed(fitting)}. Set the workflow's runtime to one of them, or to python3 for the newest.`
  }
  return (
    'None of this server does. Install one (an owner: POST /api/runtimes where WORKFLOWS_PYTHON_DOWNLOADS is on; ' +
    'on the server: uv python install 3.10, or the packages of the system), then deploy again.'
  )
}

const MINOR = /^python(3\.\d{1,2})$/

export function howToAdd(runtime: string): string | null {
  const version = MINOR.exec(runtime)?.[1]
  if (version === undefined) return null
  return (
    `An owner can add it with POST /api/runtimes and {"version": "${version}"} where WORKFLOWS_PYTHON_DOWNLOADS is on. ` +
    `An operator can run uv python install ${version} on the server and start it again.`
  )
}

const listed = (runtimes: readonly KnownRuntime[]): string =>
  runtimes.map(({ name, version }) => `${name} (${version})`).join(', ')
