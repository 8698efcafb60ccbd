import type { Logger } from 'pino'
import type { RunRequest } from '../../domain/runs/run.ts'
import type { SenderCheck, SenderRejection } from '../../domain/senders/sender-check.ts'
import { verifySender } from '../../domain/senders/verify.ts'
import type { HeaderPairs } from '../../domain/shared/headers.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { UserError } from '../../errors.ts'
import { newId } from '../../random.ts'
import type { Store } from '../../store/store.ts'
import { type ClientAddress, isAllowed } from '../wire/client-address.ts'
import type { HttpResponse } from '../wire/response.ts'
import type { Urls } from '../wire/urls.ts'
import type { IncomingCall, ReceivedCall } from './incoming-call.ts'
import { withoutCredentials } from './own-credentials.ts'
import type { RateLimiter } from './rate-limiter.ts'

export type SenderChecks = {
  readonly store: Store
  readonly log: Logger
  readonly now: () => number
  readonly urls: Pick<Urls, 'hookUrl'>
  readonly clientAddress: ClientAddress
  readonly rateLimiter: RateLimiter
  /** Finds this installation's API keys. */
  readonly holdsOwnKey: (text: string) => boolean
}

const MAX_HEADERS = 64
/** Enough to recognize the signature's format. */
const SHOWN_OF_SIGNATURE = 12
const SECRET_NAME = /auth|cookie|key|token|secret|password|session|credential/i
const SIGNATURE_NAME = /signature/i

export async function assertCaller(checks: SenderChecks, workflow: Workflow, call: IncomingCall): Promise<void> {
  const address = workflow.allowedIps.length === 0 ? null : checks.clientAddress(call.request)
  if (address !== null && !isAllowed(workflow.allowedIps, address)) {
    const found =
      address === '' ? 'The address of the caller is unknown' : `The address ${address} is in no allowed range`
    await reject(checks, workflow, call, { reason: 'address', detail: `${found}.` }, 0)
  }
  checks.rateLimiter.take(workflow)
}

export type Authenticated =
  | { readonly handshake: HttpResponse }
  | { readonly handshake: null; readonly request: RunRequest }

/**
 * Verifies the sender over the received bytes. Returns the response to a handshake, or the request without credentials.
 */
export async function authenticate(
  checks: SenderChecks,
  workflow: Workflow,
  call: ReceivedCall,
): Promise<Authenticated> {
  const { senderCheck } = workflow
  const handshake = answerHandshake(senderCheck, call)
  if (handshake !== null) return { handshake }
  if (senderCheck.scheme !== 'none') await verify(checks, workflow, call)
  const headers = withoutCredentials(call.headerPairs, senderCheck, checks.holdsOwnKey)
  const { method, url, query, body } = call
  return { handshake, request: { method, url, query, headers, body } }
}

async function verify(checks: SenderChecks, workflow: Workflow, call: ReceivedCall): Promise<void> {
  const { senderCheck, hookKey } = workflow
  const secrets = await checks.store.senders.getSecrets(workflow.id)
  const url = checks.urls.hookUrl(hookKey ?? '') + call.url.slice(call.path.length)
  const signed = { headers: call.headerPairs, body: call.body, url, now: checks.now() }
  const rejection = verifySender(senderCheck, signed, secrets)
  if (rejection !== null) await reject(checks, workflow, call, rejection, call.body.length)
}

/** SmartRecruiters activates a subscription if its secret is returned within 20 s, to an unsigned call. */
function answerHandshake({ scheme }: SenderCheck, { headers }: IncomingCall): HttpResponse | null {
  const secret = headers['x-hook-secret']
  if (scheme !== 'smartrecruiters' || typeof secret !== 'string' || headers['smartrecruiters-signature'] !== undefined)
    return null
  if (!/^[\x21-\x7e]{1,256}$/.test(secret)) return null
  return { status: 200, headers: [['X-Hook-Secret', secret]], body: '' }
}

/** Hides the reason from the caller. */
async function reject(
  { store, log, now, clientAddress }: SenderChecks,
  workflow: Workflow,
  { request, headerPairs }: IncomingCall,
  rejection: SenderRejection,
  bodyBytes: number,
): Promise<never> {
  const at = now()
  const call = { id: newId('ref', at), workflowId: workflow.id, at, ...rejection, bodyBytes }
  const headers = withoutSecrets(headerPairs, workflow.senderCheck)
  try {
    await store.senders.addRefusedCall({ ...call, address: clientAddress(request), headers })
  } catch (error) {
    log.error({ err: error, workflowId: workflow.id }, 'a refused call could not be stored')
  }
  throw new UserError(
    'sender_refused',
    'The call did not pass the sender check of this hook. The owner of the hook finds the reason among its refused calls.',
    { headers: { 'WWW-Authenticate': workflow.senderCheck.scheme === 'bearer' ? 'Bearer' : 'Signature' } },
  )
}

/** A refused call may be valid except for its time. */
function withoutSecrets(headers: HeaderPairs, check: SenderCheck): HeaderPairs {
  const own = check.scheme === 'header' ? check.header.toLowerCase() : null
  const signature = check.scheme === 'hmac' ? check.header.toLowerCase() : null
  return headers.slice(0, MAX_HEADERS).map(([name, value]) => {
    if (SECRET_NAME.test(name) || name.toLowerCase() === own) return [name, '***']
    const isSignature = SIGNATURE_NAME.test(name) || name.toLowerCase() === signature
    return [name, isSignature && value.length > SHOWN_OF_SIGNATURE ? `${value.slice(0, SHOWN_OF_SIGNATURE)}…` : value]
  })
}
