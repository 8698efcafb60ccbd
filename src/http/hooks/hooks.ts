/** `/h/{key}`: admit → receive → authenticate → route → run → answer. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { isFinal, type RunRequest } from '../../domain/runs/run.ts'
import { defaultStatusOf } from '../../domain/senders/sender-check.ts'
import { LIMITS, type Workflow } from '../../domain/workflows/workflow.ts'
import { stopping, UserError } from '../../errors.ts'
import type { HookResult } from '../../runs/hook-result.ts'
import type { Runner } from '../../runs/runner.ts'
import type { Store } from '../../store/store.ts'
import {
  assertBody,
  assertUncompressed,
  type Content,
  GET_WITH_BODY,
  missingContentType,
  parseContentType,
} from '../wire/content.ts'
import {
  assertAnnouncedLength,
  type BodyBudget,
  ClientGone,
  createBodyBudget,
  readBody,
  type SharedBudget,
} from '../wire/read-body.ts'
import type { Refusals } from '../wire/refusals.ts'
import {
  type HookOrigin,
  type HttpResponse,
  problemResponse,
  sendHookAnswer,
  sendWithoutReading,
  withoutCaching,
  withPreference,
} from '../wire/response.ts'
import { assertAsked, assertDocument } from './browser-loads.ts'
import { assertCaller, authenticate, type SenderChecks } from './check-sender.ts'
import { type IncomingCall, type ReceivedCall, readCall } from './incoming-call.ts'
import type { RequestSchemas } from './request-schema.ts'
import { route } from './route.ts'
import { answerOfRun } from './run-answer.ts'

export const HOOKS_PREFIX = '/hooks/'

export type HookOptions = {
  readonly store: Store
  readonly runner: Runner
  readonly log: Logger
  readonly refusals: Refusals
  readonly senderChecks: SenderChecks
  readonly requestSchemas: RequestSchemas
  readonly originOf: (request: IncomingMessage) => HookOrigin
  readonly acknowledge: (result: HookResult, workflow: Workflow) => HttpResponse
}

const ROUTE = '/hooks/:key'

export type HookHandler = (request: IncomingMessage, response: ServerResponse) => void

/** One hook leaves three quarters to the others. */
const MAX_HELD_BYTES = { total: 512 * 1024 * 1024, perWorkflow: 128 * 1024 * 1024 }

export function createHooks(options: HookOptions): HookHandler {
  const budget = createBodyBudget(MAX_HELD_BYTES)
  return (request, response) => {
    handle(options, budget, request, response).catch((error: unknown) => {
      options.log.error({ err: error }, 'a hook could not be answered')
      response.destroy()
    })
  }
}

async function handle(
  options: HookOptions,
  budget: SharedBudget,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const origin = options.originOf(request)
  let release = () => {}
  let workflowId: string | undefined
  try {
    const incoming = readCall(request)
    const workflow = await findWorkflow(options, incoming)
    workflowId = workflow.id
    await admit(options, workflow, incoming)
    if (incoming.method === 'HEAD') return void sendHookAnswer(response, NOTHING_RAN, origin)
    if (incoming.method === 'GET') assertOpened(incoming, origin)
    const share = budget.shareOf(workflow.id)
    const call = await receive(incoming, workflow, share, response)
    release = () => share.release(call.body.length)
    const authenticated = await authenticate(options.senderChecks, workflow, call)
    const answer = authenticated.handshake ?? (await run(options, workflow, call, authenticated.request))
    sendHookAnswer(response, incoming.method === 'GET' ? withoutCaching(answer) : answer, origin)
  } catch (error) {
    refuse(options, { request, response, origin, workflowId }, error)
  } finally {
    release()
  }
}

/** HEAD only says that a GET would be admitted. Senders and link checkers use it. */
const NOTHING_RAN: HttpResponse = { status: 200, headers: [['Cache-Control', 'no-store']], body: '' }

function assertOpened({ headers }: IncomingCall, origin: HookOrigin): void {
  assertDocument(headers, origin)
  assertAsked(headers)
}

async function findWorkflow({ store }: HookOptions, { method, path }: IncomingCall): Promise<Workflow> {
  const key = path.slice(HOOKS_PREFIX.length)
  const workflow = /^[0-9A-Za-z_-]{16,128}$/.test(key) ? await store.workflows.getByHookKey(key) : null
  assertMethod(method, workflow?.methods ?? ['POST'])
  if (workflow === null) throw new UserError('not_found', 'There is no hook at this address.')
  return workflow
}

function assertMethod(method: string, methods: Workflow['methods']): void {
  if (methods.some((one) => one === (method === 'HEAD' ? 'GET' : method))) return
  const allowed = methods.flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one]))
  const detail = `Expected ${methods.join(' or ')}, found ${method}.`
  throw new UserError('method_not_allowed', detail, { headers: { Allow: allowed.join(', ') } })
}

async function admit({ runner, senderChecks }: HookOptions, workflow: Workflow, call: IncomingCall): Promise<void> {
  if (workflow.archived) throw new UserError('archived', 'The workflow of this hook is archived.')
  if (runner.state.stopping) throw stopping()
  if (!workflow.enabled) {
    throw new UserError('disabled', 'The workflow of this hook is disabled.', { retryAfterSeconds: 60 })
  }
  if (workflow.deployedVersionId === null) {
    throw new UserError('not_deployed', 'The workflow of this hook has no deployed version yet.', {
      retryAfterSeconds: 60,
    })
  }
  await assertCaller(senderChecks, workflow, call)
}

async function receive(
  call: IncomingCall,
  workflow: Workflow,
  budget: BodyBudget,
  response: ServerResponse,
): Promise<ReceivedCall> {
  const content = call.method === 'GET' ? QUERY.content : readContentType(call)
  assertAnnouncedLength(call.request, workflow.bodyLimitBytes)
  if (call.headers.expect !== undefined) response.writeContinue()
  const limit = Math.min(workflow.bodyLimitBytes, LIMITS.bodyBytes)
  const body = await readBody(call.request, limit, budget)
  if (call.method !== 'GET')
    return { ...call, body, fields: { content, contentType: call.headers['content-type'] ?? '', body } }
  if (body.length > 0) throw new UserError('invalid_body', GET_WITH_BODY)
  return { ...call, body, fields: { ...QUERY, body: Buffer.from(call.query) } }
}

const QUERY = { content: { kind: 'form' }, contentType: 'application/x-www-form-urlencoded' } as const

export function readContentType({ headers }: IncomingCall): Content | null {
  assertUncompressed(headers)
  const type = headers['content-type']
  if (type !== undefined) return parseContentType(type)
  if (Number(headers['content-length'] ?? 0) > 0) throw missingContentType()
  return null
}

async function run(
  { runner, acknowledge, requestSchemas }: HookOptions,
  workflow: Workflow,
  call: ReceivedCall,
  request: RunRequest,
): Promise<HttpResponse> {
  const { fields, receivedAt } = call
  if (fields.content !== null) await assertBody(fields.content, fields.body)
  else if (fields.body.length > 0) throw missingContentType()
  await requestSchemas.assertMatches(workflow, fields)
  const { key, lane, waitMs, applied } = await route(workflow, call, request)
  const result = await runner.runHook(workflow, {
    request,
    acceptMs: performance.now() - receivedAt,
    key,
    lane,
    waitMs,
    isGone: () => call.request.socket.destroyed,
  })
  const answer = isFinal(result.status)
    ? answerOfRun(result, defaultStatusOf(workflow.senderCheck))
    : acknowledge(result, workflow)
  return applied === null ? answer : withPreference(answer, applied)
}

type RefusedHook = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly origin: HookOrigin
  readonly workflowId: string | undefined
}

function refuse({ log, refusals }: HookOptions, refused: RefusedHook, error: unknown): void {
  const { request, response, origin, workflowId } = refused
  if (error instanceof ClientGone) return void log.debug({ method: request.method }, error.message)
  const answer = refusals.answer(error, { method: request.method, route: ROUTE, workflowId })
  if (response.headersSent) return void response.destroy()
  sendWithoutReading(request, response, problemResponse(answer), origin)
}
