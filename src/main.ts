/** Constructs all parts, and closes them in reverse order. */

import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import { systemClock as clock } from './clock.ts'
import { COMMIT, VERSION } from './config/version.ts'
import { type Config, weakKeyNote } from './config.ts'
import type { Demo } from './demo/demo.ts'
import { createDeployments } from './deploy/deployments.ts'
import type { BundleContent } from './domain/decisions/bundle/bundle.ts'
import { createMeasures } from './domain/shared/measures.ts'
import { type AddressRules, egressWith } from './http/alerts/addresses.ts'
import { createDeliver } from './http/alerts/deliver.ts'
import { createFolderThreads } from './http/api/folders/folder-threads.ts'
import { createAuth } from './http/auth/auth.ts'
import { createOAuthClient } from './http/connections/oauth-client.ts'
import { createRequestSchemas } from './http/hooks/request-schema.ts'
import { createIndexGateway } from './http/index-gateway/gateway.ts'
import { createServer } from './http/server/server.ts'
import { hooksHaveOwnOrigin, sharedHostNote } from './http/wire/urls.ts'
import { startAlerts } from './jobs/alerts.ts'
import { startCanaryWatch } from './jobs/canary-watch.ts'
import { startConnections } from './jobs/connections.ts'
import { startAnchors } from './jobs/decision-anchors.ts'
import { startHeartbeat } from './jobs/heartbeat.ts'
import { type InternalHostsOptions, startInternalHosts } from './jobs/internal-hosts.ts'
import { startRemovals } from './jobs/removals.ts'
import { startRetention } from './jobs/retention.ts'
import { startRunCounts } from './jobs/run-counts.ts'
import { startScheduler } from './jobs/scheduler.ts'
import { startSearchIndex } from './jobs/search-index.ts'
import { startWakes } from './jobs/wakes.ts'
import { newId } from './random.ts'
import { createConnectionTokens } from './runs/connections/tokens.ts'
import { prepareBundle, type Replayed, replayBundle } from './runs/decisions/replay-bundle.ts'
import { createQueueLimit } from './runs/execution/queue-limit.ts'
import { createWaitLinks } from './runs/execution/wait-links.ts'
import { createWaitingLimit } from './runs/execution/waiting-limit.ts'
import { createLoopWatch } from './runs/loop-watch.ts'
import { openEnvironments } from './runs/packages/open-environments.ts'
import { createPrivacyRules } from './runs/privacy/rules.ts'
import { createRunner, type Runner } from './runs/runner.ts'
import { createStore } from './store/create-store.ts'
import { isNewDatabase } from './store/database/engines/new-database.ts'
import { openAuthDatabase } from './store/database/engines/open.ts'
import { closeToOthers } from './store/database/modes.ts'
import { createKeyring, KEY_BYTES } from './store/secrets/encryption.ts'
import { emptyDatabaseNote, loadSecretKey } from './store/secrets/secret-key.ts'
import type { ServerFacts } from './store/servers/server-store.ts'
import type { Store } from './store/store.ts'
import { openBackups } from './store/upkeep/backups/place.ts'
import { type BackupOptions, startScheduledBackups } from './store/upkeep/backups/scheduled.ts'
import { createEgress, type Egress } from './workers/egress/egress.ts'
import { createLanguageServers } from './workers/language/language-servers.ts'
import { createPool } from './workers/pool/create-pool.ts'
import type { Pool } from './workers/pool/pool.ts'

export type App = {
  readonly url: string
  /** Creates the owner. Null if there is one. */
  readonly setupUrl: string | null
  readonly notes: readonly string[]
  readonly outdated: Promise<string>
  close(): Promise<void>
}

const ROOT = resolve(import.meta.dirname, '..')
const LOOKERS = [
  startAlerts,
  startConnections,
  startSearchIndex,
  startCanaryWatch,
  startRunCounts,
  startAnchors,
  startRemovals,
]

/** `npm run chaos` sets these. */
export type Wrappers = { readonly wrapStore?: (store: Store) => Store; readonly sweepMs?: number }

const FOLDERS = {
  runtimesDir: join(ROOT, 'runtimes'),
  cacheDir: join(ROOT, '.cache'),
  modulesDir: join(ROOT, 'node_modules'),
} as const

const PAGES = { webDir: join(ROOT, 'web/dist'), docsDir: join(ROOT, 'docs/.vitepress/dist') } as const

type Opened = <T extends { close(): Promise<void> }>(thing: T) => T

export async function startApp(config: Config, log: Logger, wrappers: Wrappers = {}): Promise<App> {
  const closers: (() => Promise<void>)[] = []
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  const opened: Opened = (thing) => {
    closers.push(() => thing.close())
    return thing
  }
  try {
    return await openAll(config, log, wrappers, opened, closeAll)
  } catch (error) {
    await closeAll()
    throw error
  }
}

async function openAll(
  config: Config,
  rootLog: Logger,
  { wrapStore = (store) => store, sweepMs }: Wrappers,
  opened: Opened,
  close: () => Promise<void>,
): Promise<App> {
  const { now } = clock
  const serverId = newId('srv', now())
  const log = rootLog.child({ serverId })
  const { database, packages, programs } = config
  const { report, ...measures } = createMeasures()
  const { secretKey, keyring, notes } = await openDataDir(config)
  const store = wrapStore(opened(await createStore({ ...database, keyring, serverId, report })))
  const sharedClock = { ...clock, now: store.servers.sharedNow }
  const accounts = { secretKey, database: await openAuthDatabase(database), store }
  const auth = opened(await createAuth({ ...accounts, config, log, now }))
  let { port, publicUrl: appUrl } = config.server
  const demo = await openDemo(config, secretKey, () => ({ port, appUrl }), opened)
  const sandboxes = { ...config.sandbox, ...programs, ...FOLDERS, expectsSdk: await hasWorkflows(store), log, report }
  // A migration may block the event loop longer than a sandbox test's timeout.
  const broker = openEgress({ config, demo, store, log, port: () => port }, opened)
  const pool = opened(await createPool({ ...sandboxes, egress: broker }))
  const egress = await broker
  const language = opened(createLanguageServers({ ...programs, ...pool.sandbox, users: egress.users, ...FOLDERS }))
  const privacy = opened(createPrivacyRules({ key: await store.privacy.getKey(), now }))
  const loop = opened(createLoopWatch(log))
  const gateway = createIndexGateway({ ...packages, secretKey })
  const building = { ...packages, ...programs, dataDir: database.dataDir, gateway, ...FOLDERS }
  const built = opened(await openEnvironments({ ...building, store, pool, log, now, report }))
  const { environments, pythons, connectors } = built
  const signIns = openConnections(egressWith(demo, config.egress), store, log)
  const waitLinks = createWaitLinks(await store.runs.getWaitKey(), () => config.server.hooksUrl ?? appUrl ?? '')
  const limits = { assertMayWait: createWaitingLimit({ store, now }), assertQueueFree: createQueueLimit(store) }
  const running = { ...config.runs, store, loop, privacy, pool, environments, ...signIns, ...limits, log, now }
  const runner = createRunner({ ...running, waitLinks, ownOrigin: hooksHaveOwnOrigin(config.server) })
  const deliver = createDeliver({ config, baseUrl: () => appUrl ?? '', store, runner, now })
  const retention = opened(startRetention({ store, log, clock: sharedClock, limits: config.retention, sweepMs }))
  const [requestSchemas, folders] = [opened(createRequestSchemas()), opened(createFolderThreads())]
  const deployments = opened(createDeployments({ ...running, runner, announce: (change) => server.announce(change) }))
  const shared = { config, demo, store, runner, pool, environments, pythons, auth, loop, requestSchemas, log, now }
  const backups = openBackupsOf({ config, secretKey, failures: store.upkeep, log, report }, opened)
  const parts = { ...signIns, folders, deployments, connectors, language, retention, backups, deliver, measures }
  const server = opened(await createServer({ ...shared, ...parts, ...PAGES, secretKey }))
  // Finishing runs need the lease.
  const lease = { clock, ...database, isShared: database.databaseUrl !== null, facts: createFacts({ runner, pool }) }
  const { promise: outdated, resolve: onOutdated } = Promise.withResolvers<string>()
  const heartbeat = opened(await startHeartbeat({ store, runner, deployments, log, report, onOutdated, ...lease }))
  const { url } = await server.listen()
  port = Number(new URL(url).port)
  appUrl ??= url
  await heartbeat.poll()
  opened(runner)
  for (const start of LOOKERS) opened(start({ ...parts, store, announce: server.announce, log, clock, report }))
  opened(startWakes({ store, runner, log, clock: sharedClock, report }))
  opened(startScheduler({ store, log, clock: sharedClock, onQueued: runner.wakeAll, report }))
  // The rest serves during the drain.
  opened({ close: server.drain })
  loop.start()
  return { url, setupUrl: auth.setupUrl(url), notes: notes.concat(pool.sandbox.notes, built.notes), outdated, close }
}

const hasWorkflows = async ({ workflows }: Store): Promise<boolean> =>
  (await workflows.list({}, { limit: 1, cursor: null })).data.length > 0

export type ReplaySandbox = { replay(bundle: BundleContent): Promise<Replayed>; close(): Promise<void> }

/** No network. `config` names an empty data directory. */
export async function openReplay(config: Config, log: Logger): Promise<ReplaySandbox> {
  const { now } = clock
  const { database, packages, programs } = config
  const { report } = createMeasures()
  const secretKey = randomBytes(KEY_BYTES)
  const serverId = newId('srv', now())
  const pool = await createPool({
    ...config.sandbox,
    ...programs,
    ...FOLDERS,
    egress: null,
    spares: false,
    log,
    report,
  })
  const store = await createStore({ ...database, keyring: createKeyring(secretKey), serverId, report })
  const gateway = createIndexGateway({ ...packages, secretKey })
  const building = { ...packages, ...programs, dataDir: database.dataDir, gateway, ...FOLDERS }
  const built = await openEnvironments({ ...building, store, pool, log, now, report })
  return {
    replay: async (bundle) => await replayBundle(pool, await prepareBundle({ ...built, store, now }, bundle), bundle),
    async close() {
      await built.close()
      await store.close()
      await pool.close()
    },
  }
}

type Bound = () => { readonly port: number; readonly appUrl: string | null }

async function openDemo(config: Config, secretKey: Buffer, bound: Bound, opened: Opened): Promise<Demo | null> {
  const { demo, hooksUrl } = config.server
  if (!demo) return null
  const isOwn = (url: string): boolean => {
    const { port, appUrl } = bound()
    const own = [appUrl, hooksUrl, `http://127.0.0.1:${port}`, `http://localhost:${port}`]
    return URL.canParse(url) && own.some((base) => base !== null && new URL(base).origin === new URL(url).origin)
  }
  const { startDemo } = await import('./demo/demo.ts')
  return opened(await startDemo({ key: secretKey, isOwn, now: clock.now }))
}

type Network = Pick<InternalHostsOptions, 'config' | 'store' | 'port' | 'log'> & { readonly demo: Demo | null }

/** Functions reach nothing before the internal hosts are read. */
async function openEgress({ demo, ...parts }: Network, opened: Opened): Promise<Egress> {
  const { config, log } = parts
  const egress = opened(await createEgress({ ...egressWith(demo, config.egress), ...FOLDERS, log }))
  await opened(startInternalHosts({ ...parts, egress, clock })).first
  return egress
}

function openBackupsOf(
  { config, ...parts }: Pick<BackupOptions, 'secretKey' | 'failures' | 'log' | 'report'> & { readonly config: Config },
  opened: Opened,
) {
  const { now } = clock
  const { place, listBackups } = openBackups(config.backups, now)
  const { state } = opened(startScheduledBackups({ ...config.database, ...config.backups, ...parts, place, now }))
  return { listBackups, state }
}

function openConnections(egress: AddressRules, store: Store, log: Logger) {
  const oauth = createOAuthClient({ egress, now: store.servers.sharedNow })
  return { oauth, connections: createConnectionTokens({ store, client: oauth, log, now: store.servers.sharedNow }) }
}

async function openDataDir({ access, database, server }: Config) {
  const { dataDir } = database
  const modes = closeToOthers(dataDir)
  const isNew = access.secretKey === null && (await isNewDatabase(database))
  const notes = [emptyDatabaseNote(dataDir, isNew), weakKeyNote(access), sharedHostNote(server)]
  const secretKey = access.secretKey ?? loadSecretKey(dataDir, isNew)
  return {
    secretKey,
    keyring: createKeyring(secretKey),
    notes: [...modes, ...notes.filter((note) => note !== null)],
  }
}

function createFacts({ runner, pool }: { runner: Runner; pool: Pool }): () => ServerFacts {
  const own = { version: VERSION, commit: COMMIT, host: hostname(), sandbox: pool.sandbox.tier }
  return () => ({ ...own, running: runner.state.running, waiting: runner.state.waiting, workers: pool.size.workers })
}
