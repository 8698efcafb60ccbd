import websocket from '@fastify/websocket'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type Language, languageOf } from '../../../domain/shared/language.ts'
import { nullable } from '../../../domain/shared/schemas.ts'
import type { Workflow } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import { guard } from '../../../guard.ts'
import type { LanguageServer } from '../../../workers/language/language-servers.ts'
import { DEFAULT_RUNTIME, type Interpreter } from '../../../workers/sandbox/machine/interpreters.ts'
import { may, principalOf } from '../../auth/shared/principal.ts'
import { mayUpgrade } from '../../wire/upgrade.ts'
import { type ApiContext, findWorkflow } from '../common/api.ts'
import { checkCode } from '../common/check-code.ts'
import { routeSchema } from '../common/routes.ts'
import { bridge, type Socket } from './bridge.ts'
import type { Dialect } from './dialect.ts'
import { pythonDialect } from './python.ts'
import { typescriptDialect } from './typescript.ts'

const guarded = guard('a socket of the editor')

const PATH = '/workflows/:id/language'
const MAX_SERVERS = 8
const MAX_PER_PERSON = 3
const MAX_OF_READERS = 4
/** One turn of the event loop may read 2 MiB of messages (110 ms). */
const WEBSOCKETS = { maxPayload: 4 * 1024 * 1024, allowSynchronousEvents: false }
const IDLE_MS = 5 * 60_000
const CLOSE = { full: 4029, failed: 4003 } as const
const OLDEST_MINOR = 7

const Availability = Type.Object({
  available: Type.Boolean(),
  detail: nullable(Type.String({ description: 'Why there is none; null where there is' })),
})

declare module 'fastify' {
  interface FastifyRequest {
    languageNeeds: Needs | null
  }
}

type User = { readonly id: string; readonly mayWrite: boolean }
type Open = { readonly live: Map<LanguageServer, User>; readonly starting: Set<User> }

type Needs = {
  readonly workflow: Workflow
  readonly language: Language
  readonly interpreter: Interpreter
  readonly environment: { readonly sitePackages: string } | null
}

export async function addLanguageRoute(instance: FastifyInstance, context: ApiContext): Promise<void> {
  const open: Open = { live: new Map(), starting: new Set() }
  await instance.register(async (app) => {
    // The library's handler would end the connection before the close code arrives.
    const errorHandler = (_error: Error, socket: Socket) => socket.close(CLOSE.failed, 'the connection failed')
    if (mayUpgrade()) await app.register(websocket, { options: WEBSOCKETS, errorHandler })
    app.decorateRequest('languageNeeds', null)
    // The library does not see a refused request and would keep its connection.
    app.addHook('onResponse', async (request) => {
      if (isSocket(request)) request.raw.socket.destroySoon()
    })
    addRoute(app, context, open)
  })
}

function addRoute(app: FastifyInstance, context: ApiContext, open: Open): void {
  app.route<{ Params: { id: string } }>({
    method: 'GET',
    url: PATH,
    schema: routeSchema(PATH, {
      tags: ['Versions'],
      summary: 'Ask whether the editor has a language server',
      description: 'As a WebSocket, the same address is the language server itself (Language Server Protocol).',
      response: { 200: Availability },
    }),
    preHandler: async (request) => {
      if (!isSocket(request)) return
      checkOrigin(request)
      const needs = await findNeeds(context, request)
      if (typeof needs === 'string') throw new UserError('unavailable', needs)
      request.languageNeeds = needs
    },
    handler: async (request) => {
      const needs = await findNeeds(context, request)
      return typeof needs === 'string' ? { available: false, detail: needs } : { available: true, detail: null }
    },
    ...(mayUpgrade()
      ? {
          wsHandler: (socket: Socket, request: FastifyRequest) => serve(context, open, socket, request),
        }
      : {}),
  })
}

const isSocket = ({ raw }: FastifyRequest): boolean => raw.headers.upgrade?.toLowerCase() === 'websocket'

/** Any site's page can open a socket with our cookies. */
function checkOrigin(request: FastifyRequest): void {
  const { origin, host } = request.headers
  const isOwn = origin !== undefined && URL.canParse(origin) && new URL(origin).host === host
  if (isOwn || (origin === undefined && !principalOf(request).byCookie)) return
  throw new UserError('forbidden', 'A page of another site may not open this connection.')
}

type Asked = FastifyRequest<{ Params: { id: string } }>

async function findNeeds(context: ApiContext, request: Asked): Promise<Needs | string> {
  const { store, pool, language } = context
  const workflow = await findWorkflow(store, request.params.id)
  if (!mayUpgrade()) return 'It needs Node 24.9 or newer on the server.'
  const spoken = languageOf(workflow.runtime)
  const reason = language.unavailable(spoken)
  if (reason !== null) return reason
  const { runtime } = workflow
  const ready = await findPackages(context, workflow, principalOf(request).actor.id)
  const wanted = spoken === 'python' ? (ready?.runtime ?? runtime) : DEFAULT_RUNTIME
  const interpreter = pool.findInterpreter(wanted)
  if (interpreter === null) return `${wanted} is not on this server.`
  if (Number(interpreter.version.split('.')[1]) < OLDEST_MINOR) return 'It knows Python 3.7 and newer.'
  return { workflow, language: spoken, interpreter, environment: ready?.environment ?? null }
}

/** Tested unsaved code may have other packages than the newest version. */
async function findPackages({ store, environments }: ApiContext, { id, runtime }: Workflow, person: string) {
  const { draft } = await store.workflows.getDraft(id, person)
  const tested = draft === null ? null : await environments.findTested({ runtime }, draft)
  if (tested !== null) return tested
  const [newest] = (await store.workflows.listVersions(id, { limit: 1, cursor: null })).data
  if (newest === undefined) return null
  return environments.findReady({ runtime }, { source: newest.source, files: {}, packages: newest.packages })
}

function dialectOf({ workflow, language, interpreter }: Needs, { places }: LanguageServer): Dialect {
  if (language === 'javascript') return typescriptDialect(workflow.kind, places)
  return pythonDialect(workflow.kind, interpreter.version.split('.').slice(0, 2).join('.'), places)
}

async function serve(
  context: ApiContext,
  { live, starting }: Open,
  socket: Socket,
  request: FastifyRequest,
): Promise<void> {
  const { languageNeeds: needs } = request
  const user: User = { id: principalOf(request).actor.id, mayWrite: may(request, 'write') }
  if (needs === null) return socket.close(CLOSE.failed, 'not found')
  if (!isRoomFor(user, [...live.values(), ...starting])) {
    return socket.close(CLOSE.full, 'too many language servers are in use')
  }
  let isClosed = false
  // The start takes seconds on a busy machine.
  const unwatch = context.streams.watch(request, () => socket.close(CLOSE.failed, 'your rights have changed'))
  socket.on(
    'close',
    guarded(() => {
      isClosed = true
      unwatch()
    }),
  )
  starting.add(user)
  try {
    const server = await context.language.start(needs)
    if (isClosed) return server.kill()
    live.set(server, user)
    server.onExit(() => live.delete(server))
    const { workflow } = needs
    bridge({
      socket,
      drop: () => void request.raw.socket.resetAndDestroy(),
      server,
      dialect: dialectOf(needs, server),
      checkCode: (code) => checkCode(code, workflow.runtime),
      idleMs: IDLE_MS,
    })
  } catch (error) {
    context.log.warn({ err: error }, 'a language server could not be started')
    socket.close(CLOSE.failed, 'the language server could not be started')
  } finally {
    starting.delete(user)
  }
}

function isRoomFor({ id, mayWrite }: User, users: readonly User[]): boolean {
  const own = users.filter((user) => user.id === id).length
  const readers = users.filter((user) => !user.mayWrite).length
  return own < MAX_PER_PERSON && users.length < MAX_SERVERS && (mayWrite || readers < MAX_OF_READERS)
}
