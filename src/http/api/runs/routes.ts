import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { NO_FILES } from '../../../domain/modules/module-files.ts'
import { isFinal, type Run } from '../../../domain/runs/run.ts'
import { UserError } from '../../../errors.ts'
import { actorOf, may } from '../../auth/shared/principal.ts'
import { prefersAsync } from '../../wire/prefer.ts'
import { type ApiContext, findWorkflow } from '../common/api.ts'
import { checkCode } from '../common/check-code.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { NoFields } from '../common/schemas.ts'
import { findRun, showRun } from './list.ts'
import { readManualRequest } from './manual-request.ts'
import { ReplayCreate, RunCreate, Run as RunSchema } from './schemas.ts'
import { readTestRules } from './test-rules.ts'

const tags = ['Runs']
const config = { scope: 'run' } as const
const RUN_BODY_BYTES = 72 * 1024 * 1024
const CANCEL_WAIT_MS = 5000
const CANCEL_LOOK_MS = 50

export const runRoutes: readonly ApiRoute[] = [
  route.post(
    '/workflows/:id/runs',
    {
      config: { ...config, opaque: ['request', 'body'] },
      bodyLimit: RUN_BODY_BYTES,
      tags,
      summary: 'Run now, and wait for the end',
      body: RunCreate,
      response: { 200: RunSchema, 202: RunSchema },
    },
    async (request, context, reply) => {
      const workflow = await findWorkflow(context.store, request.params.id)
      const { version = null, source = null, files, keep_settings = source === null } = request.body
      if (source !== null && version !== null) {
        throw new UserError('bad_request', 'Expected either source or version, found both.')
      }
      if (source === null && version === null && workflow.deployedVersionId === null) {
        throw new UserError('conflict', 'The workflow has no deployed version yet: deploy one, or name a version.')
      }
      if (source !== null) {
        // Unsaved code can read the settings.
        if (!may(request, 'write')) throw new UserError('forbidden', 'source: trying code needs the scope write.')
        checkCode({ source, files: files ?? NO_FILES }, workflow.runtime)
      } else if (files !== undefined) {
        throw new UserError('bad_request', 'files: expected them beside source only, found no source.')
      }
      const given = request.body.request ?? null
      const manual = await readManualRequest(workflow, given, request.opaque)
      const background = prefersAsync(request.headers)
      const isTest = source !== null || !keep_settings
      const test = readTestRules(request.body, { isTest, background, mayWrite: may(request, 'write') })
      const code = { version, source, files, keepSettings: keep_settings }
      const planned = { workflow, request: manual, ...code, background, by: actorOf(request), ...(test && { test }) }
      const run = await context.runner.runManual(planned)
      context.changes.announce({ workflowId: workflow.id, action: 'run.start' })
      if (background) announceQueued(reply, run)
      return await showRun(context, request, run)
    },
  ),

  route.post(
    '/runs/:id/replay',
    {
      config,
      tags,
      summary: 'The same request again as a new run, or a failed run from its steps',
      body: ReplayCreate,
      response: { 200: RunSchema, 202: RunSchema },
    },
    async (request, context, reply) => {
      const { workflowId, id } = await findRun(context.store, request.params.id)
      const background = prefersAsync(request.headers)
      const { version = null, from = 'start' } = request.body
      const given = { runId: id, version, background: background || from === 'steps', from, by: actorOf(request) }
      const run = await context.runner.replay(given)
      context.changes.announce({ workflowId, action: 'run.replay' })
      if (given.background) announceQueued(reply, run)
      return await showRun(context, request, run)
    },
  ),

  route.post(
    '/runs/:id/cancel',
    { config, tags, summary: 'Stop a run', body: NoFields, response: { 200: RunSchema } },
    async (request, context) => {
      const { workflowId, id } = await findRun(context.store, request.params.id)
      const cancelled = await context.runner.cancel(id, actorOf(request))
      if (!cancelled) throw new UserError('conflict', `The run ${id} has already ended: there is nothing to stop.`)
      context.changes.announce({ workflowId, action: 'run.cancel' })
      await untilEnded(context, id)
      return await showRun(context, request, await findRun(context.store, id))
    },
  ),
]

function announceQueued(reply: FastifyReply, { id }: Run): void {
  reply.code(202).header('Location', `/api/runs/${id}`).header('Preference-Applied', 'respond-async')
}

async function untilEnded({ runner, store }: ApiContext, id: string): Promise<void> {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const watch = runner.watchLogs(id, () => {}, end)
  if (watch === null) return await untilFinal(store, id)
  const timer = setTimeout(end, CANCEL_WAIT_MS)
  await ended
  clearTimeout(timer)
  watch.stop()
}

async function untilFinal(store: ApiContext['store'], id: string): Promise<void> {
  const deadline = performance.now() + CANCEL_WAIT_MS
  while (performance.now() < deadline && !isFinal((await findRun(store, id)).status)) await delay(CANCEL_LOOK_MS)
}
