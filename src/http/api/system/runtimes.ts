import type { FastifyReply, FastifyRequest } from 'fastify'
import { reasonOf } from '../../../errors.ts'
import type { BuildLogLine } from '../../../runs/packages/build-log.ts'
import type { PythonInstallation } from '../../../runs/packages/pythons.ts'
import type { Runtime as FoundRuntime } from '../../../workers/sandbox/machine/interpreters.ts'
import { type ApiContext, recordEvent } from '../common/api.ts'
import { timeText } from '../common/present.ts'
import { documentedStream } from '../common/problem-schema.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { pageOf } from '../common/schemas.ts'
import { NewRuntime, Runtime, RuntimeEvent } from './system-schemas.ts'

const tags = ['System']

export const runtimeRoutes: readonly ApiRoute[] = [
  route.get(
    '/runtimes',
    { tags, summary: 'Runtimes that code can run on', response: { 200: pageOf(Runtime) } },
    async (_request, { pool }) => ({ data: pool.listRuntimes().map(present), next_cursor: null }),
  ),

  route.post(
    '/runtimes',
    {
      config: { scope: 'admin' },
      tags,
      summary: 'Add a Python to this server',
      description:
        'Runs `uv python install` if WORKFLOWS_PYTHON_DOWNLOADS is on. Returns 200 if the server already has the Python, and ' +
        '201 after the installation. With `Accept: text/event-stream`, sends an event `line` for each line of progress, then one event `end`.',
      body: NewRuntime,
      response: { ...documentedStream(RuntimeEvent, Runtime), 201: Runtime },
    },
    async (request, context, reply) => {
      const { version } = request.body
      const installation = context.pythons.install(version)
      installation.done.catch((error: unknown) =>
        context.log.warn({ err: error, version }, 'a Python could not be installed'),
      )
      await recordEvent(context, request, 'runtime.create', null, version)
      if (/\btext\/event-stream\b/i.test(request.headers.accept ?? ''))
        return stream(context, installation, request, reply)
      const runtime = await installation.done
      reply.code(installation.isNew ? 201 : 200)
      return present(runtime)
    },
  ),
]

function present({ packages, ...runtime }: FoundRuntime) {
  return { ...runtime, packages: Object.entries(packages).map(([name, version]) => ({ name, version })) }
}

function stream(
  { streams }: ApiContext,
  { log, done }: PythonInstallation,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  let stop: () => void = () => {}
  const events = streams.open(request, reply, () => stop())
  const onLine = ({ at, stream: name, text }: BuildLogLine) =>
    events.send('line', JSON.stringify({ at: timeText(at), stream: name, text }))
  const end = (runtime: FoundRuntime | null, detail: string | null) => {
    events.send('end', JSON.stringify({ runtime: runtime === null ? null : present(runtime), detail }))
    events.end()
  }
  for (const line of log.lines) onLine(line)
  stop = log.listen({ onLine, onEnd: () => {} })
  done.then(
    (runtime) => end(runtime, null),
    (error: unknown) => end(null, reasonOf(error)),
  )
  return reply
}
