/** `POST /hooks/{key}`: checks a request, hands it to the runner, sends what comes of it. Nothing else runs per request. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { isFinal, type RunRequest } from '../../domain/run.ts'
import { defaultStatusOf } from '../../domain/senders/sender-check.ts'
import { LIMITS, type Workflow } from '../../domain/workflow.ts'
import { UserError } from '../../errors.ts'
import type { HookResult } from '../../runs/hook-result.ts'
import type { Runner } from '../../runs/runner.ts'
import type { Store } from '../../store/store.ts'
import { type Content, checkBody, missingContentType, parseContentType } from '../wire/content.ts'
import { headerPairs } from '../wire/header-pairs.ts'
import { readWaiting, withPreference } from '../wire/prefer.ts'
import { problemOf } from '../wire/problem.ts'
import { type BodyBudget, ClientGone, checkAnnouncedLength, createBodyBudget, readBody } from '../wire/read-body.ts'
import {
  answerOfProblem,
  type HookOrigin,
  type HttpResponse,
  sendHookAnswer,
  sendWithoutReading,
} from '../wire/response.ts'
import { checkCaller, checkSender, type SenderChecks, withoutKey } from './check-sender.ts'
import { readIdempotencyKey } from './idempotency.ts'
import { answerOfRun } from './run-answer.ts'

export const HOOKS_PREFIX = '/hooks/'

export type HookOptions = {
  readonly store: Store
  readonly runner: Runner
  readonly log: Logger
  readonly senderChecks: SenderChecks
  /** Whether this request came in where its answer could touch the app. */
  readonly originOf: (request: IncomingMessage) => HookOrigin
  /** The answer to a call whose function is not done yet. */
  readonly acknowledge: (result: HookResult, workflow: Workflow) => HttpResponse
}

export type HookHandler = (request: IncomingMessage, response: ServerResponse) => void

const MAX_HELD_BYTES = 512 * 1024 * 1024

/** Handles every request whose path begins with `/hooks/`. */
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
  budget: BodyBudget,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const acceptedFrom = performance.now()
  const origin = options.originOf(request)
  let held = 0
  try {
    const workflow = await admit(options, request)
    await checkCaller(options.senderChecks, workflow, request)
    const content = checkHead(request, workflow)
    if (request.headers.expect !== undefined) response.writeContinue()
    const body = await readBody(request, Math.min(workflow.bodyLimitBytes, LIMITS.bodyBytes), budget)
    held = body.length
    const handshake = await checkSender(options.senderChecks, workflow, request, body)
    if (handshake !== null) return sendHookAnswer(response, handshake, origin)
    if (content !== null) await checkBody(content, body)
    else if (held > 0) throw missingContentType()
    const call = withoutKey(requestOf(request, body), workflow.senderCheck)
    const key = workflow.idempotency === null ? null : await readIdempotencyKey(workflow, content, call)
    const { waitMs, applied } = readWaiting(request.headers, workflow)
    const acceptMs = performance.now() - acceptedFrom
    const result = await options.runner.runHook(workflow, {
      request: call,
      acceptMs,
      key,
      waitMs,
      isGone: () => request.socket.destroyed,
    })
    const answer = isFinal(result.status)
      ? answerOfRun(result, defaultStatusOf(workflow.senderCheck))
      : options.acknowledge(result, workflow)
    sendHookAnswer(response, applied === null ? answer : withPreference(answer, applied), origin)
  } catch (error) {
    refuse(options, request, response, error, origin)
  } finally {
    budget.give(held)
  }
}

/** Everything that can be said without looking at the body, in the order of the contract. */
async function admit({ store, runner }: HookOptions, request: IncomingMessage): Promise<Workflow> {
  if (request.method !== 'POST') {
    throw new UserError('method_not_allowed', `Expected POST, found ${request.method}.`, { headers: { Allow: 'POST' } })
  }
  const key = pathOf(request).slice(HOOKS_PREFIX.length)
  const workflow = /^[0-9A-Za-z_-]{16,128}$/.test(key) ? await store.getWorkflowByHookKey(key) : null
  if (workflow === null) throw new UserError('not_found', 'There is no hook at this address.')
  if (workflow.archived) throw new UserError('archived', 'The workflow of this hook is archived.')
  if (runner.state.stopping) {
    throw new UserError('stopping', 'The server is stopping. Call again in a moment.', { retryAfterSeconds: 5 })
  }
  if (!workflow.enabled) {
    throw new UserError('disabled', 'The workflow of this hook is disabled.', { retryAfterSeconds: 60 })
  }
  if (workflow.deployedVersionId === null) {
    throw new UserError('not_deployed', 'The workflow of this hook has no deployed version yet.', {
      retryAfterSeconds: 60,
    })
  }
  return workflow
}

/** Null: no content type, which only an empty body may do without. */
function checkHead(request: IncomingMessage, workflow: Workflow): Content | null {
  const { headers } = request
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw new UserError(
      'unsupported_media_type',
      `Expected no Content-Encoding, found ${JSON.stringify(encoding)}: send the body as it is.`,
    )
  }
  const type = headers['content-type']
  const content = type === undefined ? null : parseContentType(type)
  if (content === null && Number(headers['content-length'] ?? 0) > 0) throw missingContentType()
  checkAnnouncedLength(request, workflow.bodyLimitBytes)
  return content
}

function refuse(
  { log }: HookOptions,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
  origin: HookOrigin,
): void {
  if (error instanceof ClientGone) return void log.debug({ method: request.method }, error.message)
  if (!(error instanceof UserError)) log.error({ err: error }, 'a hook failed')
  if (response.headersSent) return void response.destroy()
  sendWithoutReading(request, response, answerOfProblem(problemOf(error)), origin)
}

export function pathOf(request: IncomingMessage): string {
  const url = request.url ?? ''
  const queryAt = url.indexOf('?')
  return queryAt === -1 ? url : url.slice(0, queryAt)
}

function requestOf(request: IncomingMessage, body: Buffer): RunRequest {
  const url = request.url ?? ''
  const queryAt = url.indexOf('?')
  return {
    method: 'POST',
    url,
    query: queryAt === -1 ? '' : url.slice(queryAt + 1),
    headers: headerPairs(request.rawHeaders),
    body,
  }
}
