/** `/hooks/waits/{token}` receives the event of a wait. The URL is the only credential. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { EVENT_BYTES } from '../../domain/runs/wait-event.ts'
import { UserError } from '../../errors.ts'
import { WAITS_PREFIX } from '../../runs/execution/wait-links.ts'
import type { Runner } from '../../runs/runner.ts'
import type { Received } from '../../store/runs/rows/step-records.ts'
import { assertBody, missingContentType } from '../wire/content.ts'
import { assertAnnouncedLength, ClientGone, createBodyBudget, readBody } from '../wire/read-body.ts'
import type { Refusals } from '../wire/refusals.ts'
import {
  type HookOrigin,
  type HttpResponse,
  problemResponse,
  sendHookAnswer,
  sendWithoutReading,
} from '../wire/response.ts'
import type { Urls } from '../wire/urls.ts'
import { type HookHandler, readContentType } from './hooks.ts'
import { readCall } from './incoming-call.ts'

type Options = {
  readonly runner: Pick<Runner, 'receiveEvent' | 'waitLinks'>
  readonly urls: Urls
  readonly refusals: Refusals
}

const ROUTE = '/hooks/waits/:token'
const MAX_HELD_BYTES = { total: 64 * 1024 * 1024, perWorkflow: 8 * 1024 * 1024 }

export function createWaits(options: Options): HookHandler {
  const budget = createBodyBudget(MAX_HELD_BYTES)
  return (request, response) => {
    const origin = options.urls.originOf(request)
    handle(options, budget, { request, response, origin }).catch((error: unknown) => {
      if (error instanceof ClientGone) return
      const answer = options.refusals.answer(error, { method: request.method, route: ROUTE })
      if (response.headersSent) response.destroy()
      else sendWithoutReading(request, response, problemResponse(answer), origin)
    })
  }
}

type Call = { readonly request: IncomingMessage; readonly response: ServerResponse; readonly origin: HookOrigin }

/** Link checkers send other methods, which must not end a wait. */
async function handle(
  { runner }: Options,
  budget: ReturnType<typeof createBodyBudget>,
  { request, response, origin }: Call,
): Promise<void> {
  const call = readCall(request)
  if (call.method !== 'POST')
    throw new UserError('method_not_allowed', `Expected POST, found ${call.method}.`, { headers: { Allow: 'POST' } })
  const link = runner.waitLinks.read(call.path)
  if (link === null) throw new UserError('not_found', 'No run waits at this address.')
  const content = readContentType(call)
  assertAnnouncedLength(request, EVENT_BYTES)
  if (call.headers.expect !== undefined) response.writeContinue()
  const share = budget.shareOf(link.firstId)
  const body = await readBody(request, EVENT_BYTES, share)
  try {
    if (content !== null) await assertBody(content, body)
    else if (body.length > 0) throw missingContentType()
    // Its URL would let a reader end another wait.
    const posted = { method: 'POST', url: WAITS_PREFIX, query: call.query, headers: call.headerPairs, body }
    const received = await runner.receiveEvent({ ...link, request: posted, by: null })
    sendHookAnswer(response, answerOf(received, link.firstId), origin)
  } finally {
    share.release(body.length)
  }
}

const answerOf = (received: Received, runId: string): HttpResponse => {
  const { status, answer } = receivedAs(received, runId)
  const headers: HttpResponse['headers'] = [
    ['Content-Type', 'application/json; charset=utf-8'],
    ['Cache-Control', 'no-store'],
  ]
  return { status, headers, body: JSON.stringify(answer) }
}

export function receivedAs(received: Received, runId: string) {
  switch (received) {
    case 'received':
      return { status: 202, answer: { status: 'received', run_id: runId } } as const
    case 'already_received':
      return { status: 200, answer: { status: 'already_received', run_id: runId } } as const
    case 'over':
      throw new UserError(
        'wait_over',
        'The wait is over: its time has passed, another event came first, or the run has ended.',
      )
    case 'too_many':
      throw new UserError('conflict', 'The run has too many events that it does not wait for.')
    case 'unknown':
      throw new UserError('not_found', 'No run waits at this address.')
    default:
      return received satisfies never
  }
}
