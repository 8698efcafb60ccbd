import { reasonOf, UserError } from '../../errors.ts'
import type { PythonInstaller } from '../../workers/packages/python-installer.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import type { Runtime } from '../../workers/sandbox/machine/interpreters.ts'
import { type BuildLog, createBuildLog } from './build-log.ts'

export type PythonInstallation = { readonly log: BuildLog; readonly done: Promise<Runtime>; readonly isNew: boolean }

export type Pythons = {
  /**
   * Installs a version such as `3.10` unless it exists. Throws UserError `forbidden`, `conflict` if the server has
   * another patch release, or `environment_failed`.
   */
  install(version: string): PythonInstallation
  close(): Promise<void>
}

type Options = {
  readonly pool: Pick<Pool, 'listRuntimes' | 'discoverRuntimes'>
  readonly installer: PythonInstaller | null
  readonly allowed: boolean
  readonly now: () => number
}

/** uv locks its folder, so installations are sequential. */
export function createPythons({ pool, installer, allowed, now }: Options): Pythons {
  const running = new Map<string, PythonInstallation>()
  let last: Promise<unknown> = Promise.resolve()

  function find(version: string): Runtime | null {
    const name = runtimeName(version)
    const found = pool.listRuntimes().find((runtime) => runtime.name === name) ?? null
    if (found === null || version === minorOf(version) || found.version === version) return found
    throw new UserError(
      'conflict',
      `This server has ${name} already, as ${found.version}: expected one Python of each minor version.`,
    )
  }

  async function work(version: string, uv: PythonInstaller, log: BuildLog): Promise<Runtime> {
    try {
      await uv.install(version, log.add)
      await pool.discoverRuntimes()
      const found = find(version)
      if (found === null) throw new Error(`uv installed Python ${version}, but it does not start on this server`)
      log.end(`Python ${found.version} is ready as ${found.name}.`)
      return found
    } catch (error) {
      const detail = reasonOf(error)
      log.end(`Python ${version} could not be installed: ${detail}`)
      throw error instanceof UserError ? error : new UserError('environment_failed', detail)
    } finally {
      running.delete(version)
    }
  }

  return {
    install(version) {
      if (!allowed) throw new UserError('forbidden', describeRefusal(version))
      const found = find(version)
      const log = createBuildLog(now)
      if (found !== null) return { log, done: Promise.resolve(found), isNew: false }
      if (installer === null)
        throw new UserError('environment_failed', 'uv is missing on this server; npm start brings it.')
      const known = running.get(version)
      if (known !== undefined) return known
      const done = last.then(() => work(version, installer, log))
      last = done.catch(() => {})
      const installation = { log, done, isNew: true }
      running.set(version, installation)
      return installation
    },
    close: async () => await installer?.close(),
  }
}

const describeRefusal = (version: string): string =>
  `This server installs no Pythons (WORKFLOWS_PYTHON_DOWNLOADS is off). An operator may set it to on, or run on the server: ` +
  `uv python install ${version}, and start the server again.`

const minorOf = (version: string): string => version.split('.').slice(0, 2).join('.')
const runtimeName = (version: string): string => `python${minorOf(version)}`
