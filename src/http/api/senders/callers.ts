import type { SampleRequest } from '../../../domain/runs/sample-request.ts'
import { DELIVERY_IDS } from '../../../domain/senders/delivery-ids.ts'
import { signSample } from '../../../domain/senders/sample.ts'
import { SENDER_SCHEMES, type SenderCheck } from '../../../domain/senders/sender-check.ts'
import { contentTypeOf } from '../../../domain/shared/headers.ts'
import { UserError } from '../../../errors.ts'
import { findWorkflow, pageQuery, recordEvent } from '../common/api.ts'
import { presentPage } from '../common/present.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { PageParams, pageOf } from '../common/schemas.ts'
import { getSample } from '../workflows/sample-request.ts'
import { presentRefusedCall } from './present.ts'
import { RefusedCall, Sample, SampleCreate, SenderScheme } from './schemas.ts'

const tags = ['Callers']

export const callerRoutes: readonly ApiRoute[] = [
  route.get(
    '/sender-schemes',
    {
      tags,
      summary: 'The ways in which callers can prove who they are',
      description:
        'Each has a suggested idempotency key. A sender that repeats an event sends the same id again. Workflows use the key only if their settings say so.',
      querystring: PageParams,
      response: { 200: pageOf(SenderScheme) },
    },
    async () => ({
      data: SENDER_SCHEMES.map((scheme) => ({ scheme, idempotency: DELIVERY_IDS[scheme] ?? null })),
      next_cursor: null,
    }),
  ),

  route.get(
    '/workflows/:id/refused-calls',
    {
      tags,
      summary: 'Calls of the hook that were refused, newest first',
      description: 'Calls that did not pass the check of their sender, or came from an address that may not call.',
      querystring: PageParams,
      response: { 200: pageOf(RefusedCall) },
    },
    async (request, { store, disclosures }) => {
      const { id } = await findWorkflow(store, request.params.id)
      const show = await disclosures.to(request, id)
      const page = await store.senders.listRefusedCalls(id, pageQuery(request.query))
      return presentPage(page, (call) => presentRefusedCall(call, show))
    },
  ),

  route.post(
    '/workflows/:id/sample-call',
    {
      tags,
      summary: 'A call that passes the check of its sender',
      description:
        'Signed with the newest secret, which it does not contain; a key that is sent in clear is replaced by YOUR-KEY.',
      body: SampleCreate,
      response: { 200: Sample },
    },
    async (request, context) => {
      const workflow = await findWorkflow(context.store, request.params.id)
      const { id, hookKey, senderCheck, methods } = workflow
      if (hookKey === null) throw new UserError('conflict', 'A pull workflow has no hook to call.')
      const [secret = ''] = await context.store.senders.getSecrets(id)
      const sample = await getSample(context.store, workflow)
      const isGet = !methods.includes('POST')
      const url = context.urls.hookUrl(hookKey) + (isGet && sample.query !== '' ? `?${sample.query}` : '')
      const wanted = isGet ? '' : (request.body.body ?? bodyFor(senderCheck, sample))
      const { headers, body } = signSample(senderCheck, secret, wanted, { url, now: context.now() })
      // The secret's other owners see what it signed.
      if (senderCheck.scheme !== 'none') await recordEvent(context, request, 'sample_call.sign', id, senderCheck.scheme)
      const method = isGet ? ('GET' as const) : ('POST' as const)
      return { method, url, headers: headers.filter(([name]) => !isGet || name !== 'Content-Type'), body }
    },
  ),
]

function bodyFor({ scheme }: SenderCheck, { headers, body }: SampleRequest): string | null {
  const expected = scheme === 'twilio' ? 'application/x-www-form-urlencoded' : 'application/json'
  return contentTypeOf(headers).startsWith(expected) ? body.toString('utf8') : null
}
