import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Report } from '../../domain/shared/measures.ts'
import type { Store } from '../../store/store.ts'
import { createBuildSandbox } from '../../workers/packages/build-sandbox.ts'
import { type Builder, createBuilder } from '../../workers/packages/builder.ts'
import { createFolders, type Folders } from '../../workers/packages/folders.ts'
import type { IndexGateway } from '../../workers/packages/index-gateway.ts'
import { createPythonInstaller } from '../../workers/packages/python-installer.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import { findBwrap } from '../../workers/sandbox/machine/availability.ts'
import { DEFAULT_RUNTIME } from '../../workers/sandbox/machine/interpreters.ts'
import { type Connectors, createConnectors } from './connectors.ts'
import { createEnvironments, type Environments } from './environments.ts'
import { createPythons, type Pythons } from './pythons.ts'

/** The package npm contains its own dependencies. */
const NPM_FOLDER = join(import.meta.dirname, '../../../node_modules/npm')

type Options = {
  readonly store: Store
  readonly pool: Pool
  readonly gateway: IndexGateway
  readonly dataDir: string
  readonly cacheDir: string
  readonly programFolders: readonly string[]
  readonly allowSources: boolean
  readonly environmentDays: number
  readonly cacheBytes: number
  readonly pythonDownloads: boolean
  readonly uvPythons: string
  readonly variables: Readonly<Record<string, string>>
  readonly log: Logger
  readonly now: () => number
  readonly report: Report
}

export type Packages = {
  readonly environments: Environments
  readonly pythons: Pythons
  readonly connectors: Connectors
  readonly notes: readonly string[]
  close(): Promise<void>
}

export async function openEnvironments(options: Options): Promise<Packages> {
  const { gateway } = options
  const folders = createFolders(join(options.dataDir, 'environments'))
  const found = await findBuilder(options, folders)
  const builder = typeof found === 'string' ? null : found
  if (builder === null) await gateway.close()
  const environments = createEnvironments({ ...options, builder, folders })
  const pythons = openPythons(options)
  return {
    environments,
    pythons,
    connectors: createConnectors({ ...options, environments }),
    notes: typeof found === 'string' ? [found] : [],
    async close() {
      await pythons.close()
      await environments.close()
    },
  }
}

function openPythons({
  pool,
  cacheDir,
  pythonDownloads: allowed,
  uvPythons: folder,
  variables,
  now,
}: Options): Pythons {
  const uv = join(cacheDir, 'uv/uv')
  const installer = existsSync(uv) ? createPythonInstaller({ uv, folder, variables }) : null
  return createPythons({ pool, installer, allowed, now })
}

async function findBuilder(options: Options, folders: Folders): Promise<Builder | string> {
  const { pool, gateway, cacheDir, programFolders, allowSources, now } = options
  const uvFolder = join(cacheDir, 'uv')
  if (!existsSync(join(uvFolder, 'uv'))) {
    return 'Workflows that declare packages cannot be deployed: uv is missing. npm start brings it where it reaches a package index.'
  }
  const bwrap =
    pool.sandbox.tier === 'bwrap'
      ? await findBwrap(programFolders, folders.user)
      : { absent: 'functions do without it' }
  if ('absent' in bwrap) {
    return `Workflows that declare packages cannot be deployed: installing packages needs bubblewrap (${bwrap.absent}).`
  }
  const sandbox = createBuildSandbox({
    bwrap: bwrap.found,
    user: folders.user,
    uvFolder,
    npmFolder: NPM_FOLDER,
    findPython: () => pool.findInterpreter(DEFAULT_RUNTIME),
    linkFolders: gateway.linkFolders,
  })
  return createBuilder({ sandbox, gateway, folders, allowSources, now })
}
