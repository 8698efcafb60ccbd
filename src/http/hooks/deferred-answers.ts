import type { IncomingMessage, ServerResponse } from 'node:http'
import { isFinal, type Run } from '../../domain/runs/run.ts'
import { UserError } from '../../errors.ts'
import { resultOfStored } from '../../runs/hook-result.ts'
import type { Store } from '../../store/store.ts'
import type { Refusals } from '../wire/refusals.ts'
import {
  type HookOrigin,
  type HttpResponse,
  problemResponse,
  sendWithoutReading,
  withoutCaching,
} from '../wire/response.ts'
import type { Urls } from '../wire/urls.ts'
import { notYet } from './acknowledge.ts'
import { type AnswerLinks, LIFE_MS } from './answer-links.ts'
import { assertDocument } from './browser-loads.ts'
import type { HookHandler } from './hooks.ts'
import { readCall } from './incoming-call.ts'
import { answerOfRun } from './run-answer.ts'

export type DeferredAnswerOptions = {
  readonly store: Store
  readonly links: AnswerLinks
  readonly urls: Urls
  readonly refusals: Refusals
  readonly now: () => number
}

const ROUTE = '/hooks/answers/:token'

/** The link is the only credential. */
export function createDeferredAnswers(options: DeferredAnswerOptions): HookHandler {
  return (request, response) => {
    const origin = options.urls.originOf(request)
    handle(options, request, response, origin).catch((error: unknown) => {
      const answer = options.refusals.answer(error, { method: request.method, route: ROUTE })
      if (response.headersSent) response.destroy()
      else sendWithoutReading(request, response, problemResponse(answer), origin)
    })
  }
}

async function handle(
  options: DeferredAnswerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  origin: HookOrigin,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const headers = { Allow: 'GET, HEAD' }
    throw new UserError('method_not_allowed', `Expected GET, found ${request.method}.`, { headers })
  }
  assertDocument(request.headers, origin)
  const { path } = readCall(request)
  const link = options.links.runOf(path, options.now())
  const run = link === null ? null : await options.store.runs.getAnswer(link.runId)
  if (run === null || (link?.isOver && !isKept(run, options.now())))
    throw new UserError('not_found', 'There is no answer at this address, or it has expired.')
  sendWithoutReading(request, response, answerOf(run, options.urls.hooksUrl(path), options.now()), origin)
}

/** A run may wait for months. Its end starts the answer's lifetime. */
const isKept = ({ finishedAt }: Run, now: number): boolean => finishedAt === null || finishedAt + LIFE_MS > now

const MAX_RETRY_AFTER_S = 60

function answerOf(run: Run, url: string, now: number): HttpResponse {
  const result = resultOfStored(run, false)
  if (!isFinal(run.status)) return notYet(result, url, retryAfter(run, now))
  return withoutCaching(answerOfRun(result))
}

function retryAfter({ notBefore }: Run, now: number): number {
  const waitS = Math.ceil(((notBefore ?? now) - now) / 1000)
  return Math.min(Math.max(waitS, 1), MAX_RETRY_AFTER_S)
}
