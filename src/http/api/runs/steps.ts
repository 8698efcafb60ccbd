import { Type } from 'typebox'
import { pairsOf } from '../../../domain/runs/made-request.ts'
import type { RunRequest } from '../../../domain/runs/run.ts'
import { STEP_LIMITS } from '../../../domain/runs/steps.ts'
import { EVENT_BYTES, postedRequest } from '../../../domain/runs/wait-event.ts'
import { strict, text } from '../../../domain/shared/schemas.ts'
import { UserError } from '../../../errors.ts'
import { actorOf } from '../../auth/shared/principal.ts'
import { receivedAs } from '../../hooks/waits.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { anyJson } from '../common/schemas.ts'
import { findRun, showRun } from './list.ts'
import { presentStep } from './present.ts'
import { Run, Steps, Wake } from './schemas.ts'

const tags = ['Runs']

const EventCreate = strict({
  headers: Type.Optional(Type.Record(Type.String(), Type.String())),
  body: Type.Optional(anyJson('What the function gets as the body')),
})

const EventReceived = Type.Object({
  status: Type.Enum(['received', 'already_received'], { description: 'The first event of a name counts' }),
  run_id: Type.String(),
})

const EventParams = strict({ id: Type.String(), name: text(400, 'The name of the wait') })

function assertName(name: string): void {
  const { length } = [...name]
  const most = STEP_LIMITS.nameLength
  if (length >= 1 && length <= most) return
  throw new UserError('bad_request', `name: expected a text of 1 to ${most} characters, found ${length}.`)
}

function eventRequest(headers: Readonly<Record<string, string>>, given: unknown): RunRequest {
  const request = postedRequest(pairsOf(headers), given)
  const { length } = request.body
  if (length <= EVENT_BYTES) return request
  throw new UserError('payload_too_large', `body: expected at most ${EVENT_BYTES} bytes as JSON, found ${length}.`)
}

export const stepRoutes: readonly ApiRoute[] = [
  route.get(
    '/runs/:id/steps',
    {
      tags,
      summary: 'List the stored steps and waits of a durable run and of its earlier attempts',
      response: { 200: Steps },
    },
    async (request, { store, disclosures }) => {
      const { id, workflowId } = await findRun(store, request.params.id)
      const show = await disclosures.to(request, workflowId)
      return { data: (await store.runs.listSteps(id)).map((step) => presentStep(step, show)) }
    },
  ),

  route.post(
    '/runs/:id/events/:name',
    {
      config: { scope: 'run' },
      bodyLimit: 2 * EVENT_BYTES,
      tags,
      summary: 'Give a durable run what it waits for by this name, or will wait for',
      params: EventParams,
      body: EventCreate,
      response: { 200: EventReceived, 202: EventReceived },
    },
    async (request, { store, runner, changes }, reply) => {
      assertName(request.params.name)
      const { id, retryOf, workflowId } = await findRun(store, request.params.id)
      const firstId = retryOf ?? id
      const posted = { request: eventRequest(request.body.headers ?? {}, request.body.body), by: actorOf(request) }
      const received = await runner.receiveEvent({ firstId, name: request.params.name, ...posted })
      const { status, answer } = receivedAs(received, id)
      changes.announce({ workflowId, action: 'run.wake' })
      reply.code(status)
      return answer
    },
  ),

  route.post(
    '/runs/:id/wake',
    {
      config: { scope: 'run' },
      tags,
      summary: 'End the sleep of a waiting run, or the pause between two tries of its step',
      body: Wake,
      response: { 200: Run },
    },
    async (request, context) => {
      const { store, runner, changes } = context
      const { id, workflowId } = await findRun(store, request.params.id)
      if (!(await runner.wakeRun(id, request.body.name ?? null, actorOf(request))))
        throw new UserError('conflict', `The run ${id} has no such sleep or pause to end.`)
      changes.announce({ workflowId, action: 'run.wake' })
      return await showRun(context, request, await findRun(store, id))
    },
  ),
]
