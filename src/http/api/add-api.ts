import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { UNKNOWN } from '../../domain/shared/actor.ts'
import { LIMITS } from '../../domain/workflows/workflow.ts'
import { UserError } from '../../errors.ts'
import { assertFresh, type Principal, unknownSender } from '../auth/shared/principal.ts'
import { readJsonOnly } from '../wire/body-readers.ts'
import { encodeLarge } from '../wire/json-text.ts'
import { addPreviewRoute } from './alerts/previews.ts'
import { addAlertRoutes } from './alerts/routes.ts'
import { addSilenceRoutes } from './alerts/silences.ts'
import type { ApiContext } from './common/api.ts'
import { checkEditors } from './common/editors.ts'
import { createApi } from './common/routes.ts'
import { scopeOf } from './common/scopes.ts'
import { addConnectionRoutes } from './connections/routes.ts'
import { addDecisionRoutes } from './decisions/routes.ts'
import type { FolderContext } from './folders/read-folder.ts'
import { addFolderRoutes } from './folders/routes.ts'
import { addLanguageRoute } from './language/routes.ts'
import { addNetworkRoutes } from './network/routes.ts'
import { addConnectorRoutes } from './packages/connectors.ts'
import { addEnvironmentRoutes } from './packages/environments.ts'
import { addResolveRoute } from './packages/resolve.ts'
import { addSbomRoute } from './packages/sbom.ts'
import { addAccountRoutes, addResetRoute } from './people/accounts.ts'
import { addKeyRoutes } from './people/keys.ts'
import { addPeopleRoutes } from './people/people.ts'
import { addSetupRoute } from './people/setup.ts'
import { addPrivacyRoutes } from './privacy/routes.ts'
import { addBodyRoutes } from './runs/bodies.ts'
import { addDeadLetterRoutes } from './runs/dead-letters.ts'
import { addRunDeletionRoutes } from './runs/delete.ts'
import { addRunListRoutes } from './runs/list.ts'
import { addLogRoutes } from './runs/logs.ts'
import { addRunRoutes } from './runs/routes.ts'
import { addStatsRoutes } from './runs/stats.ts'
import { addStepRoutes } from './runs/steps.ts'
import { addTraceRoute } from './runs/trace.ts'
import { addTickRoutes } from './schedules/ticks.ts'
import { addCallerRoutes } from './senders/callers.ts'
import { addHrflowRoutes } from './settings/hrflow.ts'
import { addSettingRoutes } from './settings/routes.ts'
import { addSharedSettingRoutes } from './settings/shared.ts'
import { addAuditRoutes } from './system/audit.ts'
import { addEventRoute } from './system/events.ts'
import { addRuntimeRoutes } from './system/runtimes.ts'
import { addSystemRoutes } from './system/system.ts'
import { addTaskRoutes } from './tasks/routes.ts'
import { addTrialRoutes } from './trials/routes.ts'
import { addWorkflowDeletionRoute } from './workflows/delete.ts'
import { addDraftRoutes } from './workflows/drafts.ts'
import { addDuplicateRoute } from './workflows/duplicate.ts'
import { addGlancesRoute } from './workflows/glances.ts'
import { addHookOpenapiRoute } from './workflows/hook-openapi.ts'
import { addWorkflowRoutes } from './workflows/routes.ts'
import { addSampleRequestRoutes } from './workflows/sample-request.ts'
import { addVersionRoutes } from './workflows/versions.ts'
import { addViewRoutes } from './workflows/views.ts'

const DEPTH = LIMITS.bodyDepth + 2
const MAX_PATH = 200

export async function addApi(instance: FastifyInstance, context: FolderContext): Promise<void> {
  instance.decorateRequest('principal', null)
  instance.decorateRequest('isStale', false)
  // Before any byte of the body is read.
  instance.addHook('onRequest', async (request, reply) => await authenticate(context, request, reply))
  instance.addHook('onRequest', async (request) => {
    if (request.principal !== null) await checkEditors(context, request)
  })
  readJsonOnly(instance, DEPTH)
  instance.addHook('preValidation', async (request) => {
    if (request.routeOptions.schema?.body !== undefined && request.body === undefined) request.body = {}
  })
  addAnswerHooks(instance)
  addRefusalHooks(instance, context)
  const api = createApi(instance)
  addWorkflowRoutes(api, context)
  addNetworkRoutes(api, context)
  addConnectionRoutes(api, context)
  addGlancesRoute(api, context)
  addFolderRoutes(api, context)
  addWorkflowDeletionRoute(api, context)
  addSampleRequestRoutes(api, context)
  addDraftRoutes(api, context)
  addViewRoutes(api, context)
  addHookOpenapiRoute(api, context)
  addDuplicateRoute(api, context)
  addVersionRoutes(api, context)
  await addLanguageRoute(api, context)
  for (const addRoutes of [addSbomRoute, addResolveRoute, addEnvironmentRoutes, addConnectorRoutes])
    addRoutes(api, context)
  addSettingRoutes(api, context)
  addHrflowRoutes(api, context)
  addSharedSettingRoutes(api, context)
  for (const addRoutes of [addRunRoutes, addStepRoutes, addTaskRoutes, addRunListRoutes]) addRoutes(api, context)
  addRunDeletionRoutes(api, context)
  for (const addRoutes of [addLogRoutes, addTraceRoute, addBodyRoutes]) addRoutes(api, context)
  addDeadLetterRoutes(api, context)
  addStatsRoutes(api, context)
  addTickRoutes(api, context)
  for (const addRoutes of [addTrialRoutes, addDecisionRoutes]) addRoutes(api, context)
  for (const addRoutes of [addAlertRoutes, addPreviewRoute, addSilenceRoutes]) addRoutes(api, context)
  addPrivacyRoutes(api, context)
  addCallerRoutes(api, context)
  addKeyRoutes(api, context)
  addPeopleRoutes(api, context)
  addSystemRoutes(api, context)
  addRuntimeRoutes(api, context)
  addAuditRoutes(api, context)
  addSetupRoute(api, context)
  addEventRoute(api, context)
  addAccountRoutes(api, context)
  addResetRoute(api, context)
}

function addAnswerHooks(api: FastifyInstance): void {
  api.addHook('preSerialization', async (_request, reply, payload) => {
    const bytes = await encodeLarge(payload)
    // Fastify's types accept only strings.
    if (bytes !== null) reply.serializer(() => bytes as unknown as string)
    return payload
  })
  api.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('Cache-Control')) reply.header('Cache-Control', 'no-store')
  })
}

async function authenticate({ auth, now }: ApiContext, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.is404) return
  const known = await auth.authenticate(request.headers)
  if (known === null) {
    if (request.routeOptions.config.public === true) return
    throw unknownSender(request.headers)
  }
  request.principal = known
  if (known.byCookie && request.method !== 'GET' && request.method !== 'HEAD') checkSameOrigin(request)
  checkScope(request, known)
  checkFreshness(request, known, now())
  for (const cookie of known.cookies) reply.header('Set-Cookie', cookie)
}

function addRefusalHooks(api: Pick<FastifyInstance, 'addHook'>, context: ApiContext): void {
  api.addHook('onError', async (request, _reply, error) => {
    request.isStale = error instanceof UserError && error.code === 'reauthentication_required'
  })
  api.addHook('onResponse', async (request, reply) => {
    if (reply.statusCode === 403 && !request.isStale) await noteRefusal(context, request)
  })
}

async function noteRefusal({ auth, clientAddress }: ApiContext, request: FastifyRequest): Promise<void> {
  const [path = ''] = request.url.split('?')
  const workflowId = /\/workflows\/(wf_[0-9A-Za-z]{1,64})(?=\/|$)/.exec(path)?.[1] ?? null
  const detail = `${request.method} ${path.slice(0, MAX_PATH)} from ${clientAddress(request.raw)}`
  await auth.noteRefusal({ by: request.principal?.actor ?? UNKNOWN, action: 'request.refuse', workflowId, detail })
}

/** A stolen session must not grant rights. */
function checkFreshness(request: FastifyRequest, { signedInAt }: Principal, at: number): void {
  if (request.routeOptions.config.fresh === true && signedInAt !== null) assertFresh(signedInAt, at)
}

/** Routes other than GET need `write` by default, so a missing declaration opens nothing. */
function checkScope(request: FastifyRequest, { scopes, role }: Principal): void {
  const { config } = request.routeOptions
  const needed = scopeOf(config, request.method)
  if (config.public === true || scopes.includes(needed) || (config.anyPerson === true && role !== null)) return
  const who =
    role === null ? `an API key with the scopes ${scopes.join(', ') || 'none'}` : `a person with the role ${role}`
  throw new UserError('forbidden', `Expected somebody with the scope ${needed}, found ${who}: ask an owner.`)
}

/** Browsers send cookies with other sites' requests too, but with their page's origin. */
function checkSameOrigin({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site']
  const fromOther = site !== undefined && site !== 'same-origin' && site !== 'none'
  const { origin } = headers
  const otherOrigin = origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== headers.host)
  if (fromOther || otherOrigin) throw new UserError('forbidden', 'A page of another site may not change anything here.')
}
