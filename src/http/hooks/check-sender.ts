/** Whether a hook's caller may call it. A call that is refused never runs, and its owner sees why. */

import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import type { HeaderPairs } from '../../domain/headers.ts'
import { createId } from '../../domain/id.ts'
import type { RunRequest } from '../../domain/run.ts'
import type { SenderCheck, SenderRejection } from '../../domain/senders/sender-check.ts'
import { verifySender } from '../../domain/senders/verify.ts'
import type { Workflow } from '../../domain/workflow.ts'
import { UserError } from '../../errors.ts'
import type { Store } from '../../store/store.ts'
import { type ClientAddress, isAllowed } from '../wire/client-address.ts'
import { headerPairs } from '../wire/header-pairs.ts'
import type { HttpResponse } from '../wire/response.ts'
import type { Urls } from '../wire/urls.ts'
import type { RateLimiter } from './rate-limiter.ts'

export type SenderChecks = {
  readonly store: Store
  readonly log: Logger
  readonly now: () => number
  readonly urls: Pick<Urls, 'hookUrl'>
  readonly clientAddress: ClientAddress
  readonly rateLimiter: RateLimiter
}

const MAX_HEADERS = 64
const MAX_VALUE = 200
/** What is left of a signature in the list of refused calls: enough to see its form. */
const SHOWN_OF_SIGNATURE = 12
const SECRET_NAME = /auth|cookie|key|token|secret|password|session|credential/i
const SIGNATURE_NAME = /signature/i

/** What can be said of a caller without its body: where it calls from, and how often. Throws for who may not. */
export async function checkCaller(checks: SenderChecks, workflow: Workflow, request: IncomingMessage): Promise<void> {
  const address = workflow.allowedIps.length === 0 ? null : checks.clientAddress(request)
  if (address !== null && !isAllowed(workflow.allowedIps, address)) {
    const detail = `The address ${address === '' ? 'of the caller is not known and' : address} is in none of the allowed ranges.`
    await refuse(checks, workflow, request, { reason: 'address', detail }, 0)
  }
  checks.rateLimiter.take(workflow)
}

/**
 * Checks that a call comes from the sender that its hook is for: over the bytes as they came, before anything reads them.
 * Throws `sender_refused`; gives the answer of a handshake, which starts no run, or null for a call to go on with.
 */
export async function checkSender(
  checks: SenderChecks,
  workflow: Workflow,
  request: IncomingMessage,
  body: Buffer,
): Promise<HttpResponse | null> {
  const { senderCheck, hookKey } = workflow
  if (senderCheck.scheme === 'none') return null
  const handshake = answerHandshake(senderCheck, request)
  if (handshake !== null) return handshake
  const secrets = await checks.store.getSenderSecrets(workflow.id)
  const { url = '' } = request
  const query = url.includes('?') ? url.slice(url.indexOf('?')) : ''
  const headers = headerPairs(request.rawHeaders)
  const call = { headers, body, url: checks.urls.hookUrl(hookKey ?? '') + query, now: checks.now() }
  const refusal = verifySender(senderCheck, call, secrets)
  if (refusal !== null) await refuse(checks, workflow, request, refusal, body.length)
  return null
}

/** The request without a key that was sent as it is: runs are read by people who may not know it, and code has no use for it any more. */
export function withoutKey(request: RunRequest, check: SenderCheck): RunRequest {
  const key =
    check.scheme === 'bearer' ? 'authorization' : check.scheme === 'header' ? check.header.toLowerCase() : null
  if (key === null) return request
  const headers = request.headers.map(([name, value]) => [name, name.toLowerCase() === key ? '***' : value] as const)
  return { ...request, headers }
}

/** SmartRecruiters activates a subscription once its secret comes back, within 20 s; such a call is not signed yet. */
function answerHandshake({ scheme }: SenderCheck, { headers }: IncomingMessage): HttpResponse | null {
  const secret = headers['x-hook-secret']
  if (scheme !== 'smartrecruiters' || typeof secret !== 'string' || headers['smartrecruiters-signature'] !== undefined)
    return null
  if (!/^[\x21-\x7e]{1,256}$/.test(secret)) return null
  return { status: 200, headers: [['X-Hook-Secret', secret]], body: '' }
}

async function refuse(
  { store, log, now, clientAddress }: SenderChecks,
  workflow: Workflow,
  request: IncomingMessage,
  refusal: SenderRejection,
  bodyBytes: number,
): Promise<never> {
  const at = now()
  const call = { id: createId('ref', at, randomBytes(16)), workflowId: workflow.id, at, ...refusal, bodyBytes }
  const headers = withoutSecrets(headerPairs(request.rawHeaders), workflow.senderCheck)
  try {
    await store.addRefusedCall({ ...call, address: clientAddress(request), headers })
  } catch (error) {
    log.error({ err: error, workflowId: workflow.id }, 'a refused call could not be kept')
  }
  throw new UserError(
    'sender_refused',
    'The call did not pass the check of its sender. Whoever owns this hook finds the reason among its refused calls.',
    { headers: { 'WWW-Authenticate': workflow.senderCheck.scheme === 'bearer' ? 'Bearer' : 'Signature' } },
  )
}

/** A refused call may be a right one with the wrong clock: what would prove it again is not kept. */
function withoutSecrets(headers: HeaderPairs, check: SenderCheck): HeaderPairs {
  const own = check.scheme === 'header' ? check.header.toLowerCase() : null
  const signature = check.scheme === 'hmac' ? check.header.toLowerCase() : null
  return headers.slice(0, MAX_HEADERS).map(([name, value]) => {
    if (SECRET_NAME.test(name) || name.toLowerCase() === own) return [name, '***']
    const limit = SIGNATURE_NAME.test(name) || name.toLowerCase() === signature ? SHOWN_OF_SIGNATURE : MAX_VALUE
    return [name, value.length > limit ? `${value.slice(0, limit)}…` : value]
  })
}
