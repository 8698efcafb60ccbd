import type { FastifyReply, FastifyRequest } from 'fastify'
import { readLock } from '../../../domain/packages/read-lock.ts'
import type { EnvironmentLock } from '../../../domain/packages/version-packages.ts'
import { UserError } from '../../../errors.ts'
import type { BuildLogLine } from '../../../runs/packages/build-log.ts'
import type { EnvironmentUse } from '../../../store/workflows/environments.ts'
import { type ApiContext, recordEvent } from '../common/api.ts'
import { assertMayEdit } from '../common/editors.ts'
import { timeText } from '../common/present.ts'
import { documentedStream } from '../common/problem-schema.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { NoContent, NoFields, pageOf } from '../common/schemas.ts'
import { presentState } from '../workflows/present-version.ts'
import { BuildEvent, BuildLog, Environment } from './schemas.ts'

const tags = ['Environments']
const MAX_LISTED = 1000

const BUILD_NOT_BEGUN = 'a build could not begin, as its environment could not be read: build the environment again'

export const environmentRoutes: readonly ApiRoute[] = [
  route.get(
    '/environments',
    {
      tags,
      summary: 'List environments, newest first',
      description: 'An environment is what one lock installs for one Python. Its status is the one on this server.',
      response: { 200: pageOf(Environment) },
    },
    async (_request, context) => {
      const environments = await context.store.workflows.listEnvironments(MAX_LISTED)
      const uses = await context.store.workflows.listEnvironmentUses(environments.map(({ id }) => id))
      return { data: environments.map((environment) => present(context, environment, uses)), next_cursor: null }
    },
  ),

  route.get(
    '/environments/:id',
    { tags, summary: 'Read an environment', response: { 200: Environment } },
    async ({ params }, context) => await read(context, params.id),
  ),

  route.get(
    '/environments/:id/log',
    {
      tags,
      summary: 'Output of the newest build on this server',
      description:
        'With `Accept: text/event-stream`, live until the end of the build. Each line is an event `line`. The last event is `end`.',
      response: documentedStream(BuildEvent, BuildLog),
    },
    async (request, context, reply) => {
      const { id } = await find(context, request.params.id)
      if (/\btext\/event-stream\b/i.test(request.headers.accept ?? '')) return stream(context, id, request, reply)
      return { data: (context.environments.logOf(id)?.lines ?? []).map(presentLine) }
    },
  ),

  route.post(
    '/environments/:id/build',
    { tags, summary: 'Build an environment again', body: NoFields, response: { 202: Environment } },
    async (request, context, reply) => {
      const { id } = await find(context, request.params.id)
      await assertMayEditUses(context, request, id)
      await recordEvent(context, request, 'environment.build', null, id)
      context.environments
        .build(id)
        .catch((error: unknown) => context.log.error({ err: error, environment: id }, BUILD_NOT_BEGUN))
      reply.code(202)
      return await read(context, id)
    },
  ),

  route.delete(
    '/environments/:id',
    {
      tags,
      summary: "Remove an environment from this server's disk",
      description: 'A version that needs the environment builds it again from its lock.',
      response: { 204: NoContent },
    },
    async (request, context, reply) => {
      const { id } = await find(context, request.params.id)
      await assertMayEditUses(context, request, id)
      await context.environments.remove(id)
      await recordEvent(context, request, 'environment.delete', null, id)
      reply.code(204)
    },
  ),
]

async function assertMayEditUses(context: ApiContext, request: FastifyRequest, id: string): Promise<void> {
  const uses = await context.store.workflows.listEnvironmentUses([id])
  for (const workflowId of new Set(uses.map((use) => use.workflowId))) await assertMayEdit(context, request, workflowId)
}

async function find({ store }: ApiContext, id: string): Promise<EnvironmentLock> {
  const environment = /^env_[0-9a-f]{32}$/.test(id) ? await store.workflows.getEnvironment(id) : null
  if (environment !== null) return environment
  throw new UserError('not_found', `There is no environment ${JSON.stringify(id.slice(0, 100))}.`)
}

async function read(context: ApiContext, id: string) {
  const environment = await find(context, id)
  return present(context, environment, await context.store.workflows.listEnvironmentUses([environment.id]))
}

function present({ environments }: ApiContext, environment: EnvironmentLock, uses: readonly EnvironmentUse[]) {
  const { id, runtime, lock, lastUsedAt } = environment
  const own = uses.filter(({ environmentId }) => environmentId === id)
  const direct = new Set(own.flatMap((use) => use.direct))
  return {
    ...presentState(environment, environments),
    runtime,
    packages: readLock(lock, runtime).map(({ name, version }) => ({ name, version, direct: direct.has(name) })),
    used_by: own.map(({ workflowId, workflowName, version, deployed }) => ({
      workflow_id: workflowId,
      workflow_name: workflowName,
      version,
      deployed,
    })),
    last_used_at: timeText(lastUsedAt),
  }
}

const presentLine = ({ at, stream: name, text }: BuildLogLine) => ({ at: timeText(at), stream: name, text })

function stream(context: ApiContext, id: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  let stop: () => void = () => {}
  const events = context.streams.open(request, reply, () => stop())
  const log = context.environments.logOf(id)
  const onLine = (line: BuildLogLine) => events.send('line', JSON.stringify(presentLine(line)))
  const onEnd = () => {
    events.send('end', JSON.stringify({ environment_id: id }))
    events.end()
  }
  for (const line of log?.lines ?? []) onLine(line)
  if (log === null || log.isOver) onEnd()
  else stop = log.listen({ onLine, onEnd })
  return reply
}
