import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Logger } from 'pino'
import type { Config, PublicPage } from '../../config.ts'
import type { Deployments } from '../../deploy/deployments.ts'
import type { OAuthClient } from '../../domain/connections/connection.ts'
import type { Measures } from '../../domain/shared/measures.ts'
import { reasonOf, StartError } from '../../errors.ts'
import { guard } from '../../guard.ts'
import type { Retention } from '../../jobs/retention.ts'
import type { ConnectionTokens } from '../../runs/connections/tokens.ts'
import { WAITS_PREFIX } from '../../runs/execution/wait-links.ts'
import type { LoopWatch } from '../../runs/loop-watch.ts'
import type { Connectors } from '../../runs/packages/connectors.ts'
import type { Environments } from '../../runs/packages/environments.ts'
import type { Pythons } from '../../runs/packages/pythons.ts'
import type { Runner } from '../../runs/runner.ts'
import type { Store } from '../../store/store.ts'
import type { LanguageServers } from '../../workers/language/language-servers.ts'
import type { Pool } from '../../workers/pool/pool.ts'
import type { Deliver } from '../alerts/deliver.ts'
import { addApi } from '../api/add-api.ts'
import type { ApiContext, DemoServices } from '../api/common/api.ts'
import { createDisclosures } from '../api/common/disclosure.ts'
import { createLargeAnswers } from '../api/common/large-answers.ts'
import { createTurns } from '../api/common/turns.ts'
import { validatorCompiler } from '../api/common/validation.ts'
import type { FolderThreads } from '../api/folders/folder-threads.ts'
import { addDocs } from '../api/openapi.ts'
import type { Auth } from '../auth/auth.ts'
import { requireReader } from '../auth/require-reader.ts'
import { addConnectionCallback } from '../connections/sign-in.ts'
import { acknowledge } from '../hooks/acknowledge.ts'
import { ANSWERS_PREFIX, createAnswerLinks } from '../hooks/answer-links.ts'
import { createDeferredAnswers } from '../hooks/deferred-answers.ts'
import { createHooks, type HookHandler } from '../hooks/hooks.ts'
import { createRateLimiter } from '../hooks/rate-limiter.ts'
import type { RequestSchemas } from '../hooks/request-schema.ts'
import { createWaits } from '../hooks/waits.ts'
import { readMcpFacts } from '../mcp/facts.ts'
import { addMcp } from '../mcp/routes.ts'
import { type Changes, createChanges } from '../streams/changes.ts'
import { createStreams } from '../streams/event-stream.ts'
import { startTelemetry } from '../telemetry/telemetry.ts'
import { readNothing } from '../wire/body-readers.ts'
import { type ClientAddress, createClientAddress } from '../wire/client-address.ts'
import { addErrorHandlers, sendError } from '../wire/error-handlers.ts'
import { stringify } from '../wire/json-text.ts'
import { createRefusals, type Refusals } from '../wire/refusals.ts'
import { boundUrl, createUrls, type Urls } from '../wire/urls.ts'
import { addAppFiles } from './app-files.ts'
import { addDocumentation } from './documentation.ts'
import { createDrain, type Drain } from './drain.ts'
import { addHealth } from './health.ts'
import { watchMethods } from './method-not-allowed.ts'
import { createMetrics } from './metrics.ts'
import { createConnectionRefusal, createNodeServer } from './node-server.ts'

const guarded = guard('the server')

export type ServerOptions = {
  readonly config: Config
  readonly store: Store
  readonly runner: Runner
  readonly pool: Pool
  readonly environments: Environments
  readonly deployments: Deployments
  readonly pythons: Pythons
  readonly connectors: Connectors
  readonly language: LanguageServers
  readonly retention: Retention
  readonly backups: ApiContext['backups']
  readonly loop: LoopWatch
  readonly measures: Pick<Measures, 'listen'>
  readonly requestSchemas: RequestSchemas
  readonly folders: FolderThreads
  readonly demo?: DemoServices | null
  readonly auth: Auth
  readonly connections: Pick<ConnectionTokens, 'ensure'>
  readonly oauth: OAuthClient
  readonly log: Logger
  readonly secretKey: Buffer
  readonly webDir: string
  readonly docsDir: string
  readonly deliver: Deliver
  readonly now: () => number
}

export type Server = {
  listen(): Promise<{ url: string }>
  readonly inject: FastifyInstance['inject']
  readonly announce: Changes['announce']
  drain(): Promise<void>
  close(): Promise<void>
}

const CLOSE_MS = 2000

export async function createServer(options: ServerOptions): Promise<Server> {
  const { config, store, auth, log } = options
  let bound = boundUrl(config.server.host, config.server.port)
  const urls = createUrls(config.server, () => bound)
  const changes = createChanges(store)
  const streams = createStreams({ auth, store, log })
  const clientAddress = createClientAddress(config.server.trustedProxies)
  const { registry, stop: stopMetrics, countHookAnswer } = createMetrics(options)
  const refusals = createRefusals(log)
  const hooks = countAnswers(createHooksAndAnswers(options, urls, clientAddress, refusals), countHookAnswer)

  const drain = createDrain(config.server.drainSeconds)
  const app = createFastify(options, hooks, drain, refusals)
  addErrorHandlers(app, urls, refusals)
  // The API, folder ZIPs and /mcp have their own body readers.
  readNothing(app)
  // The paths of hooks and some parameters are secret.
  app.addHook('onRequest', async ({ method, routeOptions }) => options.loop.mark(`${method} ${routeOptions.url ?? ''}`))
  const refuseOtherMethods = watchMethods(app, refusals)
  const loginFor = (page: PublicPage) => (config.server.loginFor.includes(page) ? [requireReader(auth)] : [])
  addDocs(app, { publicUrl: config.server.publicUrl, onRequest: loginFor('docs') })
  const disclosures = createDisclosures(store)
  const limits = { admitLarge: createLargeAnswers(), searchTurns: createTurns('searches') }
  const parts = { urls, clientAddress, streams, changes, disclosures, ...limits }
  await app.register((api) => addApi(api, { ...options, ...parts }), { prefix: '/api' })
  addConnectionCallback(app, { ...options, changes })
  addMcp(app, { auth, log, facts: readMcpFacts() })
  addHealth(app, { ...options, ...config.database, drain, registry, beforeMetrics: loginFor('metrics') })
  const telemetry = await startTelemetry({ ...options, otlp: config.otlp, registry })
  await addDocumentation(app, options.docsDir)
  await addAppFiles(app, options.webDir, refusals)
  refuseOtherMethods()
  await app.ready()

  return {
    async listen() {
      try {
        await app.listen({ host: config.server.host, port: config.server.port })
      } catch (error) {
        throw new StartError(
          `Cannot listen on ${config.server.host}:${config.server.port} (${reasonOf(error)}). Set WORKFLOWS_HOST and WORKFLOWS_PORT to a free address.`,
        )
      }
      bound = boundUrl(config.server.host, portOf(app.server.address()) ?? config.server.port)
      return { url: bound }
    },
    inject: app.inject.bind(app),
    announce: changes.announce,
    drain: () => drain.serveOn(app.server),
    async close() {
      streams.close()
      changes.close()
      // All runs have ended. Disconnects clients that still send.
      const timer = guarded.setTimeout(() => app.server.closeAllConnections(), CLOSE_MS)
      await app.close()
      clearTimeout(timer)
      stopMetrics()
      await telemetry.close()
    },
  }
}

function createFastify({ config, log }: ServerOptions, hooks: HookHandler, drain: Drain, refusals: Refusals) {
  const isHttps = config.server.publicUrl?.startsWith('https:') ?? false
  const logger: FastifyBaseLogger = log
  const app = fastify({
    // Fastify would load its own compilers, 150 files.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    loggerInstance: logger.child({}, { level: 'warn' }),
    // The paths of hooks are secret.
    logController: new LogController({ disableRequestLogging: true }),
    serverFactory: (handler) =>
      createNodeServer(handler, hooks, { isHttps, isEnding: () => drain.isUnderWay, refusals }),
    clientErrorHandler: createConnectionRefusal(refusals),
    frameworkErrors: (error, _request, reply) => sendError(reply, error, refusals),
    routerOptions: { maxParamLength: 8192 },
    requestTimeout: 0,
    forceCloseConnections: 'idle',
    bodyLimit: 8 * 1024 * 1024,
  })
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(() => (data) => stringify(data))
  return app
}

function noCompiler(): never {
  throw new Error('expected schemas to be compiled by those that the server sets, found that Fastify asked for its own')
}

function countAnswers(handle: HookHandler, count: (status: number) => void): HookHandler {
  return (request, response) => {
    response.once(
      'close',
      guarded(() => count(response.writableFinished ? response.statusCode : 0)),
    )
    handle(request, response)
  }
}

function createHooksAndAnswers(
  options: ServerOptions,
  urls: Urls,
  clientAddress: ClientAddress,
  refusals: Refusals,
): HookHandler {
  const { store, runner, auth, log, loop, requestSchemas, secretKey, now } = options
  const links = createAnswerLinks(secretKey)
  const answers = createDeferredAnswers({ store, links, urls, refusals, now })
  const waits = createWaits({ runner, urls, refusals })
  const rateLimiter = createRateLimiter(() => performance.now())
  const hooks = createHooks({
    store,
    runner,
    log,
    refusals,
    senderChecks: { store, log, now, urls, clientAddress, rateLimiter, holdsOwnKey: auth.holdsOwnKey },
    requestSchemas,
    originOf: (request: IncomingMessage) => urls.originOf(request),
    acknowledge: (result, { answer }) => acknowledge(result, urls.hooksUrl(links.pathOf(result.runId)), answer),
  })
  return (request, response) => {
    loop.mark('call of a hook')
    if (request.url?.startsWith(ANSWERS_PREFIX)) answers(request, response)
    else if (request.url?.startsWith(WAITS_PREFIX)) waits(request, response)
    else hooks(request, response)
  }
}

const portOf = (address: string | AddressInfo | null): number | null =>
  typeof address === 'object' && address !== null ? address.port : null
