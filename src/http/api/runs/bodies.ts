import type { FastifyReply } from 'fastify'
import { UserError } from '../../../errors.ts'
import { documentedFiles } from '../common/problem-schema.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { findRun } from './list.ts'
import { Bytes } from './schemas.ts'

const tags = ['Runs']
const response = documentedFiles('The bytes', { 'application/octet-stream': { schema: Bytes } })

export const bodyRoutes: readonly ApiRoute[] = [
  route.get(
    '/runs/:id/request-body',
    { tags, summary: 'The body of a run’s request, byte for byte', response },
    async (asked, { store, disclosures, admitLarge }, reply) => {
      const { id, workflowId, request } = await findRun(store, asked.params.id)
      if (request === null) throw new UserError('not_found', `The run ${id} had no request.`)
      admitLarge(asked, reply, request.body.length)
      const show = await disclosures.to(asked, workflowId)
      return sendBytes(reply, `${id}-request`, await show.body(request.body))
    },
  ),

  route.get(
    '/runs/:id/response-body',
    { tags, summary: 'The body of a run’s answer, byte for byte', response },
    async (call, { store, admitLarge }, reply) => {
      const { id, response: answer } = await findRun(store, call.params.id)
      if (answer === null) throw new UserError('not_found', `The run ${id} has no answer.`)
      admitLarge(call, reply, answer.body.length)
      return sendBytes(reply, `${id}-answer`, Buffer.from(answer.body, 'utf8'))
    },
  ),
]

/** Untrusted content must never be shown or run at our origin. */
function sendBytes(reply: FastifyReply, name: string, bytes: Buffer): FastifyReply {
  return reply
    .type('application/octet-stream')
    .header('Content-Disposition', `attachment; filename="${name}.bin"`)
    .header('Content-Security-Policy', 'sandbox')
    .header('Cache-Control', 'private, no-store')
    .send(bytes)
}
