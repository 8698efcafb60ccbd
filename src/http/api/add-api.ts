import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { UNKNOWN } from '../../domain/shared/actor.ts'
import { LIMITS } from '../../domain/workflows/workflow.ts'
import { UserError } from '../../errors.ts'
import { assertFresh, type Principal, unknownSender } from '../auth/shared/principal.ts'
import { readJsonOnly } from '../wire/body-readers.ts'
import { encodeLarge } from '../wire/json-text.ts'
import { previewRoutes } from './alerts/previews.ts'
import { alertRoutes } from './alerts/routes.ts'
import { silenceRoutes } from './alerts/silences.ts'
import type { ApiContext } from './common/api.ts'
import { checkEditors } from './common/editors.ts'
import { addRoutes } from './common/routes.ts'
import { scopeOf } from './common/scopes.ts'
import { connectionRoutes } from './connections/routes.ts'
import { decisionRoutes } from './decisions/routes.ts'
import type { FolderContext } from './folders/read-folder.ts'
import { addFolderRoutes } from './folders/routes.ts'
import { addLanguageRoute } from './language/routes.ts'
import { networkRoutes } from './network/routes.ts'
import { connectorRoutes } from './packages/connectors.ts'
import { environmentRoutes } from './packages/environments.ts'
import { resolveRoutes } from './packages/resolve.ts'
import { sbomRoutes } from './packages/sbom.ts'
import { addAccountRoutes, resetRoutes } from './people/accounts.ts'
import { keyRoutes } from './people/keys.ts'
import { peopleRoutes } from './people/people.ts'
import { setupRoutes } from './people/setup.ts'
import { privacyRoutes } from './privacy/routes.ts'
import { bodyRoutes } from './runs/bodies.ts'
import { deadLetterRoutes } from './runs/dead-letters.ts'
import { runDeletionRoutes } from './runs/delete.ts'
import { runListRoutes } from './runs/list.ts'
import { logRoutes } from './runs/logs.ts'
import { runRoutes } from './runs/routes.ts'
import { statsRoutes } from './runs/stats.ts'
import { stepRoutes } from './runs/steps.ts'
import { traceRoutes } from './runs/trace.ts'
import { tickRoutes } from './schedules/ticks.ts'
import { callerRoutes } from './senders/callers.ts'
import { hrflowRoutes } from './settings/hrflow.ts'
import { settingRoutes } from './settings/routes.ts'
import { sharedSettingRoutes } from './settings/shared.ts'
import { auditRoutes } from './system/audit.ts'
import { eventRoutes } from './system/events.ts'
import { runtimeRoutes } from './system/runtimes.ts'
import { systemRoutes } from './system/system.ts'
import { taskRoutes } from './tasks/routes.ts'
import { trialRoutes } from './trials/routes.ts'
import { workflowDeletionRoutes } from './workflows/delete.ts'
import { draftRoutes } from './workflows/drafts.ts'
import { duplicateRoutes } from './workflows/duplicate.ts'
import { glancesRoutes } from './workflows/glances.ts'
import { hookOpenapiRoutes } from './workflows/hook-openapi.ts'
import { workflowRoutes } from './workflows/routes.ts'
import { sampleRequestRoutes } from './workflows/sample-request.ts'
import { versionRoutes } from './workflows/versions.ts'
import { viewRoutes } from './workflows/views.ts'

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
  addRoutes(instance, context, [...workflowRoutes, ...networkRoutes, ...connectionRoutes, ...glancesRoutes])
  addFolderRoutes(instance, context)
  addRoutes(instance, context, CODE_ROUTES)
  await addLanguageRoute(instance, context)
  addRoutes(instance, context, ROUTES)
  addAccountRoutes(instance, context)
  addRoutes(instance, context, resetRoutes)
}

const CODE_ROUTES = [
  ...workflowDeletionRoutes,
  ...sampleRequestRoutes,
  ...draftRoutes,
  ...viewRoutes,
  ...hookOpenapiRoutes,
  ...duplicateRoutes,
  ...versionRoutes,
]

const ROUTES = [
  ...sbomRoutes,
  ...resolveRoutes,
  ...environmentRoutes,
  ...connectorRoutes,
  ...settingRoutes,
  ...hrflowRoutes,
  ...sharedSettingRoutes,
  ...runRoutes,
  ...stepRoutes,
  ...taskRoutes,
  ...runListRoutes,
  ...runDeletionRoutes,
  ...logRoutes,
  ...traceRoutes,
  ...bodyRoutes,
  ...deadLetterRoutes,
  ...statsRoutes,
  ...tickRoutes,
  ...trialRoutes,
  ...decisionRoutes,
  ...alertRoutes,
  ...previewRoutes,
  ...silenceRoutes,
  ...privacyRoutes,
  ...callerRoutes,
  ...keyRoutes,
  ...peopleRoutes,
  ...systemRoutes,
  ...runtimeRoutes,
  ...auditRoutes,
  ...setupRoutes,
  ...eventRoutes,
]

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
