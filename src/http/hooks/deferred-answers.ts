/** `GET /hooks/answers/{token}`: the function's own answer to a call that did not wait for it, or that it is not there yet. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { isFinal, type Run } from '../../domain/run.ts'
import { UserError } from '../../errors.ts'
import { resultOfStored } from '../../runs/hook-result.ts'
import type { Store } from '../../store/store.ts'
import { problemOf } from '../wire/problem.ts'
import { answerOfProblem, type HookOrigin, type HttpResponse, sendWithoutReading } from '../wire/response.ts'
import type { Urls } from '../wire/urls.ts'
import { notYet } from './acknowledge.ts'
import type { AnswerLinks } from './answer-links.ts'
import { type HookHandler, pathOf } from './hooks.ts'
import { answerOfRun } from './run-answer.ts'

export type DeferredAnswerOptions = {
  readonly store: Store
  readonly links: AnswerLinks
  readonly urls: Urls
  readonly log: Logger
  readonly now: () => number
}

/**
 * Where hooks share the app's origin, a function's answer must never be one of the app's own scripts, styles or workers,
 * which the policy of its pages takes from there. Only browsers send the header, and they always do.
 */
const AS_DOCUMENT = new Set<unknown>([undefined, 'empty', 'document'])

/** Handles every request whose path begins with `/hooks/answers/`; the link alone says who may read. */
export function createDeferredAnswers(options: DeferredAnswerOptions): HookHandler {
  return (request, response) => {
    const origin = options.urls.originOf(request)
    handle(options, request, response, origin).catch((error: unknown) => {
      if (!(error instanceof UserError)) options.log.error({ err: error }, 'an answer could not be given')
      if (response.headersSent) response.destroy()
      else sendWithoutReading(request, response, answerOfProblem(problemOf(error)), origin)
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
  if (origin.shared && !AS_DOCUMENT.has(request.headers['sec-fetch-dest'])) {
    throw new UserError('forbidden', 'An answer is no part of a page: open it, or fetch it.')
  }
  const runId = options.links.runOf(pathOf(request), options.now())
  const run = runId === null ? null : await options.store.getAnswer(runId)
  if (run === null) throw new UserError('not_found', 'There is no answer at this address, or none any more.')
  sendWithoutReading(request, response, answerOf(run, options.urls.hooksUrl(pathOf(request)), options.now()), origin)
}

/** The longest time after which whoever asks should ask again. */
const MAX_RETRY_AFTER_S = 60

function answerOf(run: Run, url: string, now: number): HttpResponse {
  const result = resultOfStored(run, false)
  if (!isFinal(run.status)) return notYet(result, url, retryAfter(run, now))
  const answer = answerOfRun(result)
  if (answer.headers.some(([name]) => name.toLowerCase() === 'cache-control')) return answer
  return { ...answer, headers: [...answer.headers, ['Cache-Control', 'no-store']] }
}

function retryAfter({ notBefore }: Run, now: number): number {
  const waitS = Math.ceil(((notBefore ?? now) - now) / 1000)
  return Math.min(Math.max(waitS, 1), MAX_RETRY_AFTER_S)
}
