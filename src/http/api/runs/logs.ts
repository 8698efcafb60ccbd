import type { FastifyReply, FastifyRequest } from 'fastify'
import { isFinal, type LogLine } from '../../../domain/runs/run.ts'
import { guard } from '../../../guard.ts'
import type { EventStream } from '../../streams/stream.ts'
import { type ApiContext, pageQuery } from '../common/api.ts'
import { presentPage } from '../common/present.ts'
import { documentedStream } from '../common/problem-schema.ts'
import { type ApiRoute, route } from '../common/routes.ts'
import { pageOf } from '../common/schemas.ts'
import { findRun } from './list.ts'
import { presentLogLine } from './present.ts'
import { LogEvent, LogLine as LogLineSchema, LogPageParams } from './schemas.ts'

const guarded = guard('the logs of a run')

const MAX_LINES = 10_000
const WAIT_MS = 500

export const logRoutes: readonly ApiRoute[] = [
  route.get(
    '/runs/:id/logs',
    {
      tags: ['Runs'],
      summary: 'Lines that a run wrote',
      description:
        'With `Accept: text/event-stream`, live until the end of the run. Each line is an event `line`. The last event is `end`.',
      querystring: LogPageParams,
      response: documentedStream(LogEvent, pageOf(LogLineSchema)),
    },
    async (request, context, reply) => {
      const { id } = await findRun(context.store, request.params.id)
      if (/\btext\/event-stream\b/i.test(request.headers.accept ?? '')) return streamLogs(context, id, request, reply)
      return presentPage(await context.store.runs.listLogs(id, pageQuery(request.query, MAX_LINES)), presentLogLine)
    },
  ),
]

function streamLogs(context: ApiContext, id: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const state = { open: true, stop: () => {} }
  const stream = context.streams.open(request, reply, () => {
    state.open = false
    state.stop()
  })
  const { sendLine, sent } = createLineSender(stream)
  const end = async () => {
    await sent()
    stream.send('end', JSON.stringify({ run_id: id }))
    stream.end()
  }
  followLogs(context, id, state, sendLine, () => guarded.start(end)).catch((error: unknown) => {
    reply.log.error({ err: error, runId: id }, 'the logs of a run could not be followed')
    stream.end()
  })
  return reply
}

/** A whole log exceeds the buffer limit, so the client's speed decides. */
function createLineSender(stream: EventStream) {
  let waiting: LogLine[] = []
  let sending: Promise<void> | null = null
  const send = async (): Promise<void> => {
    while (waiting.length > 0) {
      const lines = waiting
      waiting = []
      for (const line of lines) {
        stream.send('line', JSON.stringify(presentLogLine(line)))
        await stream.ready()
      }
    }
    sending = null
  }
  return {
    sendLine(line: LogLine): void {
      waiting.push(line)
      sending ??= send()
    },
    async sent(): Promise<void> {
      await sending
    },
  }
}

async function followLogs(
  context: ApiContext,
  id: string,
  state: { open: boolean; stop: () => void },
  sendLine: (line: LogLine) => void,
  end: () => void,
): Promise<void> {
  const remote = context.runner.watchRemote(id, sendLine)
  try {
    while (state.open) {
      const watch = context.runner.watchLogs(id, sendLine, end)
      if (watch !== null) {
        state.stop = () => watch.stop()
        for (const line of watch.lines) sendLine(line)
        return
      }
      const { status } = await findRun(context.store, id)
      if (isFinal(status)) {
        await sendStored(context, id, remote.seen, sendLine)
        return end()
      }
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS))
    }
  } finally {
    remote.stop()
  }
}

async function sendStored(
  { store }: ApiContext,
  id: string,
  seen: number,
  sendLine: (line: LogLine) => void,
): Promise<void> {
  let cursor: string | null = null
  let skipped = 0
  do {
    const page = await store.runs.listLogs(id, { limit: MAX_LINES, cursor })
    for (const line of page.data) {
      if (skipped < seen) skipped += 1
      else sendLine(line)
    }
    cursor = page.nextCursor
  } while (cursor !== null)
}
