/** Creates and connects all parts, and closes them in reverse order. Only this file constructs them. */

import { createHmac, randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import { systemClock as clock } from './clock.ts'
import { COMMIT, VERSION } from './config/version.ts'
import { type Config, weakKeyNote } from './config.ts'
import { type Demo, startDemo } from './demo/demo.ts'
import { createDeployments } from './deploy/deployments.ts'
import { createId } from './domain/id.ts'
import { createMeasures } from './domain/measures.ts'
import { createDeliver } from './http/alerts/deliver.ts'
import { createFolderThreads } from './http/api/folders/folder-threads.ts'
import { createAuth } from './http/auth/auth.ts'
import { createRequestSchemas } from './http/hooks/request-schema.ts'
import { createIndexGateway } from './http/index-gateway/gateway.ts'
import { createServer } from './http/server/server.ts'
import { hooksHaveOwnOrigin, sharedHostNote } from './http/wire/urls.ts'
import { startAlerts } from './jobs/alerts.ts'
import { startCanaryWatch } from './jobs/canary-watch.ts'
import { startHeartbeat } from './jobs/heartbeat.ts'
import { retentionLimits, startRetention } from './jobs/retention.ts'
import { startScheduler } from './jobs/scheduler.ts'
import { startSearchIndex } from './jobs/search-index.ts'
import { createLoopWatch } from './runs/loop-watch.ts'
import { openEnvironments } from './runs/packages/open-environments.ts'
import { createPrivacyRules } from './runs/privacy/rules.ts'
import { createRunner, type Runner } from './runs/runner.ts'
import { createStore } from './store/create-store.ts'
import type { DatabaseOptions } from './store/database/database.ts'
import { closeToOthers } from './store/database/modes.ts'
import { isNewDatabase } from './store/database/new-database.ts'
import { openAuthDatabase } from './store/database/open.ts'
import { createKeyring } from './store/secrets/encryption.ts'
import { emptyDatabaseNote, loadSecretKey } from './store/secrets/secret-key.ts'
import type { ServerFacts } from './store/servers/server-store.ts'
import type { Store } from './store/store.ts'
import { openBackups } from './store/upkeep/backups/place.ts'
import { startScheduledBackups } from './store/upkeep/backups/scheduled.ts'
import { createEgress } from './workers/egress/egress.ts'
import { createLanguageServers } from './workers/language/language-servers.ts'
import { createPool } from './workers/pool/create-pool.ts'
import type { Pool } from './workers/pool/pool.ts'

export type App = {
  readonly url: string
  /** URL that creates the owner. Null if there is one. */
  readonly setupUrl: string | null
  readonly notes: readonly string[]
  /** Resolves with a reason if a newer release uses the database, so that this server must stop. */
  readonly outdated: Promise<string>
  close(): Promise<void>
}

const ROOT = resolve(import.meta.dirname, '..')
const LOOKERS = [startAlerts, startSearchIndex, startCanaryWatch]

/** Lets `npm run chaos` kill a server at a chosen moment and delete old runs more often. */
export type Wrappers = { readonly wrapStore?: (store: Store) => Store; readonly sweepMs?: number }

const FOLDERS = {
  runtimesDir: join(ROOT, 'runtimes'),
  cacheDir: join(ROOT, '.cache'),
  modulesDir: join(ROOT, 'node_modules'),
} as const

const PAGES = { webDir: join(ROOT, 'web/dist'), docsDir: join(ROOT, 'docs/.vitepress/dist') } as const

/** On failure it closes everything and throws a StartError. */
export async function startApp(config: Config, log: Logger, wrappers: Wrappers = {}): Promise<App> {
  const closers: (() => Promise<void>)[] = []
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    return await openAll(config, log, wrappers, closers, closeAll)
  } catch (error) {
    await closeAll()
    throw error
  }
}

async function openAll(
  config: Config,
  rootLog: Logger,
  { wrapStore = (store) => store, sweepMs }: Wrappers,
  closers: (() => Promise<void>)[],
  closeAll: () => Promise<void>,
): Promise<App> {
  const opened = <T extends { close(): Promise<void> }>(thing: T): T => {
    closers.push(() => thing.close())
    return thing
  }
  const { now } = clock
  const serverId = createId('srv', now(), randomBytes(16))
  const log = rootLog.child({ serverId })
  const leaseMs = config.leaseSeconds * 1000
  const database = databaseOf(config)
  const { report, ...measures } = createMeasures()
  const modes = closeToOthers(config.dataDir)
  const { secretKey, emptyNote } = await openSecretKey(config, database)
  const keyring = createKeyring(secretKey)
  const store = wrapStore(opened(await createStore({ ...database, keyring, serverId, ...timesOf(config), report })))
  const sharedClock = { ...clock, now: store.sharedNow }
  const people = await openAuthDatabase(database)
  const auth = opened(await createAuth({ config, secretKey, database: people, store, log, now }))
  const demo = config.demo ? opened(await startDemo()) : null
  // Starts after the store opens: a migration may block the event loop for longer than the timeout of a sandbox test.
  const broker = createEgress({ ...egressRules(config, demo), ...FOLDERS, log }).then(opened)
  const pool = opened(await createPool({ ...wallsOf(config), ...FOLDERS, egress: broker, log, report }))
  const egress = await broker
  const language = opened(createLanguageServers({ ...config, ...pool.sandbox, users: egress.users, ...FOLDERS }))
  const privacy = opened(createPrivacyRules({ key: await store.getPrivacyKey(), now }))
  const loop = opened(createLoopWatch(log))
  const packages = opened(await openPackages(config, secretKey, { store, pool, ...FOLDERS, log, now, report }))
  const { environments, pythons, connectors } = packages
  const running = { ...config, store, loop, privacy, pool, environments, log, now }
  const runner = createRunner({ ...running, ownOrigin: hooksHaveOwnOrigin(config) })
  let appUrl = config.publicUrl ?? ''
  const deliver = createDeliver({ config, baseUrl: () => appUrl, store, runner, now })
  const retention = opened(startRetention({ store, log, clock: sharedClock, ...retentionLimits(config, sweepMs) }))
  const [requestSchemas, folders] = [opened(createRequestSchemas()), opened(createFolderThreads())]
  const deployments = opened(createDeployments({ ...running, runner, announce: (change) => server.announce(change) }))
  const shared = { config, demo, store, runner, pool, environments, pythons, auth, loop, requestSchemas, log, now }
  const { place, listBackups } = openBackups(config, now)
  const parts = { folders, deployments, connectors, language, retention, listBackups, deliver, measures, leaseMs }
  const server = opened(await createServer({ ...shared, ...parts, ...PAGES, secretKey }))
  // Closed after the runner, because finishing runs need the lease.
  const lease = { clock, leaseMs, isShared: config.databaseUrl !== null, facts: createFacts({ runner, pool }) }
  const { promise: outdated, resolve: onOutdated } = Promise.withResolvers<string>()
  const heartbeat = opened(await startHeartbeat({ store, runner, deployments, log, report, onOutdated, ...lease }))
  const { url } = await server.listen()
  appUrl ||= url
  await heartbeat.poll()
  opened(runner)
  for (const start of LOOKERS) opened(start({ store, deliver, announce: server.announce, log, clock, report }))
  opened(startScheduledBackups({ ...backupTimes(config), place, secretKey, log, now, report }))
  opened(startScheduler({ store, log, clock: sharedClock, onQueued: runner.wakeAll, report }))
  // Closed first. Everything else continues to serve during the drain.
  closers.push(server.drain)
  loop.start()
  const notes = [...modes, ...notesOf(config, emptyNote), ...pool.sandbox.notes, ...packages.notes]
  return { url, setupUrl: auth.setupUrl(url), notes, outdated, close: closeAll }
}

async function openSecretKey({ secretKey, dataDir }: Config, database: DatabaseOptions) {
  const isNew = secretKey === null && (await isNewDatabase(database))
  const emptyNote = emptyDatabaseNote(dataDir, isNew)
  return { secretKey: secretKey ?? loadSecretKey(dataDir, isNew), emptyNote }
}

const notesOf = (config: Config, emptyNote: string | null): readonly string[] =>
  [emptyNote, weakKeyNote(config), sharedHostNote(config)].filter((note) => note !== null)

function createFacts({ runner, pool }: { runner: Runner; pool: Pool }): () => ServerFacts {
  const own = { version: VERSION, commit: COMMIT, host: hostname(), sandbox: pool.sandbox.tier }
  return () => ({ ...own, running: runner.state.running, waiting: runner.state.waiting, workers: pool.size.workers })
}

const wallsOf = ({ sandbox, zygotes, programFolders, uvPythons, sandboxesAtOnce }: Config) => ({
  sandbox,
  zygotes,
  programFolders,
  uvPythons,
  maxWorkers: sandboxesAtOnce,
})

const timesOf = ({ leaseSeconds, clockSeconds }: Config) => ({
  leaseMs: leaseSeconds * 1000,
  maxClockMs: clockSeconds * 1000,
})

const databaseOf = ({ databaseUrl, directUrl, dataDir, databaseConnections }: Config) => ({
  databaseUrl,
  directUrl,
  dataDir,
  connections: databaseConnections,
})

const backupTimes = ({ databaseUrl, dataDir, backupCron: cron, backupKeep: keep }: Config) => ({
  databaseUrl,
  dataDir,
  cron,
  keep,
})

const egressRules = ({ egressAllow, egressDeny }: Config, demo: Demo | null) => ({
  allow: demo === null ? egressAllow : [...egressAllow, { host: demo.host, port: demo.port }],
  deny: egressDeny,
})

type PackageDeps = Pick<
  Parameters<typeof openEnvironments>[0],
  'store' | 'pool' | 'cacheDir' | 'log' | 'now' | 'report'
>

function openPackages(
  { packageVariables: variables, packageBuilds: allowSources, ...config }: Config,
  secretKey: Buffer,
  deps: PackageDeps,
): ReturnType<typeof openEnvironments> {
  const key = createHmac('sha256', secretKey).update('index-gateway').digest()
  const gateway = createIndexGateway({ variables, key })
  const { dataDir, programFolders, environmentDays, pythonDownloads, uvPythons } = config
  const cacheBytes = config.packageCacheMib * 1024 ** 2
  const options = { variables, dataDir, allowSources, programFolders, environmentDays, cacheBytes }
  return openEnvironments({ ...deps, ...options, pythonDownloads, uvPythons, gateway })
}
