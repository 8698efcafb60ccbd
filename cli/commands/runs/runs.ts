import type { Command } from 'commander'
import type { Schemas } from '../../../client/index.ts'
import { type Add, JSON_FLAG } from '../../add-command.ts'
import type { Context } from '../../context.ts'
import { Failed, WrongUse } from '../../errors.ts'
import { getWorkflow } from '../../folders/workflows.ts'
import { readRequest, requestOfRun, startRun } from '../../requests.ts'
import { cut, hasFailed, showLine, showRun, summaryOf } from '../../show-run.ts'
import { ago, duration, layOut, parseDuration } from '../../terminal.ts'

type Json = { readonly json: boolean }

export async function run(
  context: Context,
  name: string,
  options: Json & { readonly request?: string; readonly fromRun?: string },
): Promise<void> {
  const { environment, terminal } = context
  const connection = context.connect()
  const { client } = connection
  const { id } = await getWorkflow(connection, name, environment.cwd)
  const { request: file, fromRun, json } = options
  const request =
    file !== undefined
      ? await readRequest(environment.cwd, file, context.readStdin)
      : fromRun === undefined
        ? null
        : await requestOfRun(client, fromRun)
  const done = await startRun(client, id, {}, { request })
  if (json) terminal.json(done)
  else await showRun(terminal, client, done)
  if (hasFailed(done)) throw new Failed()
}

export async function replay(
  { connect, terminal }: Context,
  id: string,
  { version, fromSteps, json }: Json & { readonly version?: number; readonly fromSteps: boolean },
): Promise<void> {
  const { client } = connect()
  const body = { ...(version !== undefined && { version }), ...(fromSteps && { from: 'steps' as const }) }
  const done = await client.post('/api/runs/{id}/replay', { path: { id }, body })
  if (json) terminal.json(done)
  else if (fromSteps) terminal.print(`${done.id} continues from the steps of ${id}.`)
  else await showRun(terminal, client, done)
  if (hasFailed(done)) throw new Failed()
}

export async function runs(
  context: Context,
  name: string | undefined,
  options: Json & {
    readonly failing: boolean
    readonly waiting: boolean
    readonly since?: string
    readonly limit: number
  },
): Promise<void> {
  const { environment, terminal } = context
  const connection = context.connect()
  const { failing, waiting, limit } = options
  if (failing && waiting) throw new WrongUse('Expected either --failing or --waiting, found both.')
  const status = waiting ? 'waiting' : null
  const query = { limit, failing: failing || null, status, since: readSince(options.since) } as const
  const workflow = name === undefined ? null : await getWorkflow(connection, name, environment.cwd)
  const { data } = await (workflow === null
    ? connection.client.get('/api/runs', { query })
    : connection.client.get('/api/workflows/{id}/runs', { path: { id: workflow.id }, query }))
  if (options.json) return terminal.json({ data })
  if (data.length === 0) return terminal.print(waiting ? 'No run waits.' : 'No runs.')
  const now = Date.now()
  const lines = layOut(data.map(waiting ? waitingRow : (one) => listedRow(one, now)), terminal.width)
  for (const [index, line] of lines.entries())
    terminal.print(hasFailed(data[index] ?? { status: 'succeeded' }) ? terminal.paint.red(line) : line)
}

type Listed = Schemas['RunPage']['data'][number]

const listedRow = (one: Listed, now: number): string[] => [
  ...namesOf(one),
  one.status === 'succeeded' && one.warnings.length > 0 ? 'succeeded!' : one.status,
  String(one.status_code ?? ''),
  one.trigger,
  ago(one.created_at, now),
  duration(one.duration_ms),
  one.label ?? one.message ?? '',
]

/** Lists over all workflows have names. */
const namesOf = ({ id, workflow_name }: Listed): string[] =>
  workflow_name === undefined ? [id] : [id, workflow_name ?? '(deleted)']

function waitingRow(one: Listed): string[] {
  const waits = one.waiting_for ?? []
  const first = waits.map(({ until }) => until).toSorted()[0] ?? ''
  return [
    ...namesOf(one),
    `until ${first}`,
    waits.map(({ kind, name }) => `${kind} ${JSON.stringify(name)}`).join(', '),
  ]
}

export function addWakeCommand(program: Command, add: Add): void {
  add(program, 'wake <run>', 'end the sleep of a waiting run, or the pause before the next try of its step', wake, [
    ['--name <name>', 'only the sleep or the pause of this name'],
    JSON_FLAG,
  ])
}

async function wake(
  { connect, terminal }: Context,
  id: string,
  { name, json }: Json & { readonly name?: string },
): Promise<void> {
  const body = name === undefined ? {} : { name }
  const woken = await connect().client.post('/api/runs/{id}/wake', { path: { id }, body })
  if (json) return terminal.json(woken)
  terminal.print(`${id} continues.`)
}

export async function showRunById(context: Context, id: string, { json }: Json): Promise<void> {
  const { terminal } = context
  const { client } = context.connect()
  const found = await client.get('/api/runs/{id}', { path: { id } })
  if (json) return terminal.json(found)
  const { request, label, trigger, version, created_at } = found
  terminal.print(
    terminal.paint.dim(
      `${created_at} ${trigger}, version ${version ?? '(not saved)'}${label === null ? '' : `, ${label}`}`,
    ),
  )
  if (request !== null) terminal.print(`${request.method} ${request.url}`)
  if (request?.body) terminal.print(cut(request.body))
  await showRun(terminal, client, found)
}

function readSince(since: string | undefined): string | null {
  if (since === undefined) return null
  const ms = parseDuration(since)
  if (ms !== null) return new Date(Date.now() - ms).toISOString()
  if (Number.isNaN(Date.parse(since)))
    throw new WrongUse(`--since: expected a time such as 15m, 1h, 7d or 2026-01-31, found "${since}".`)
  return since
}

const SHOWN_RUNS = 5

export async function logs(
  context: Context,
  name: string,
  { follow, json }: Json & { readonly follow: boolean },
): Promise<void> {
  const connection = context.connect()
  const { client } = connection
  const { id } = await getWorkflow(connection, name, context.environment.cwd)
  // Before the stored lines are read, so that no line is missed.
  let onOpen = () => {}
  const opened = new Promise<void>((resolve) => {
    onOpen = resolve
  })
  const events = follow ? client.stream('/api/events', { signal: context.stop, onOpen }) : null
  const first = events?.next()
  first?.catch(() => {})
  if (first !== undefined) await Promise.race([opened, first])
  const { data } = await client.get('/api/workflows/{id}/runs', { path: { id }, query: { limit: SHOWN_RUNS } })
  const show = createLogPrinter(context, json)
  for (const one of data.toReversed()) if (one.finished_at !== null || events === null) await show(one.id, false)
  if (events === null || first === undefined) return
  const seen = new Set(data.filter((one) => one.finished_at !== null).map((one) => one.id))
  for (const one of data) if (!seen.has(one.id)) void show(one.id, true).catch(context.terminal.note)
  for (const one of data) seen.add(one.id)
  try {
    for (let next = await first; next.done !== true; next = await events.next()) {
      const { event, data: run } = next.value
      if (event !== 'run' || run.workflow_id !== id || seen.has(run.run_id)) continue
      seen.add(run.run_id)
      await show(run.run_id, true)
    }
  } catch (error) {
    if (!context.stop.aborted) throw error
  }
}

function createLogPrinter(
  { connect, terminal, stop }: Context,
  json: boolean,
): (runId: string, live: boolean) => Promise<void> {
  const { client } = connect()
  const { paint, print, json: printJson } = terminal
  const write = (runId: string, line: Schemas['LogLine']): void =>
    json ? printJson({ run_id: runId, ...line }, 0) : print(showLine(paint, line))
  return async (runId, live) => {
    const path = { id: runId }
    if (live) {
      for await (const { event, data } of client.stream('/api/runs/{id}/logs', { path, signal: stop })) {
        if (event === 'line') write(runId, data)
      }
    } else {
      const { data } = await client.get('/api/runs/{id}/logs', { path })
      for (const line of data) write(runId, line)
    }
    if (json) return
    const run = await client.get('/api/runs/{id}', { path })
    if (run.message !== null && hasFailed(run)) print(paint.red(run.message))
    print(summaryOf(paint, run))
  }
}
