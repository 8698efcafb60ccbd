import type { Client, Schemas } from '../../client/index.ts'
import { splitFolder } from '../../src/domain/folders/layout.ts'
import type { Context } from '../context.ts'
import { Failed, Failure, WrongUse } from '../errors.ts'
import { findFolder, readFolder } from '../folders/local.ts'
import { getWorkflow } from '../folders/workflows.ts'
import { duration } from '../terminal.ts'

type Json = { readonly json: boolean }
type Trial = Schemas['Trial']
type TrialCase = Schemas['TrialCase']

export type TrialOptions = Json & {
  readonly version?: string
  readonly last: number
  readonly failing: boolean
  readonly outbound: 'read_only' | 'recorded' | 'blocked' | 'live'
}

const VERDICTS = ['same', 'fixed', 'changed', 'broken', 'not_comparable'] as const
const SHOWN_CASES = 10
const MAX_VALUE = 60

/** The candidate is the folder's code or a version. Fails if a run fails that succeeded before. */
export async function trial(context: Context, name: string, options: TrialOptions): Promise<void> {
  const { environment, terminal } = context
  const connection = context.connect()
  const { client } = connection
  const { id } = await getWorkflow(connection, name, environment.cwd)
  const { last, failing, outbound } = options
  const started = await client.post('/api/workflows/{id}/trials', {
    path: { id },
    body: { ...candidateOf(environment.cwd, name, options.version), runs: { last, failing }, outbound },
  })
  const done = await waitForEnd(client, started, context.stop)
  const { data: cases } = await client.get('/api/trials/{id}/cases', { path: { id: done.id }, query: { limit: 200 } })
  if (options.json) terminal.json({ ...done, cases })
  else showTrial(context, done, cases)
  if ((done.counts.broken ?? 0) > 0) throw new Failed()
}

function candidateOf(cwd: string, name: string, version: string | undefined) {
  if (version !== undefined) return { version: readVersion(version) }
  const folder = findFolder(cwd, name)
  const { source = null, files = {} } = folder === null ? {} : splitFolder(readFolder(folder))
  if (source === null)
    throw new Failure(`There is no folder "${name}" with code here or below. --version tries a saved version.`)
  return { source, files }
}

function readVersion(version: string): number {
  if (/^[1-9]\d{0,8}$/.test(version)) return Number(version)
  throw new WrongUse(`--version: expected the number of a version, found "${version}".`)
}

async function waitForEnd(client: Client, started: Trial, signal: AbortSignal): Promise<Trial> {
  let found = started
  for await (const { event, data } of client.stream('/api/trials/{id}', { path: { id: started.id }, signal }))
    if (event === 'trial') found = data
  return found
}

function showTrial({ terminal: { print, paint } }: Context, { id, counts, total }: Trial, cases: readonly TrialCase[]) {
  const different = cases.filter(({ verdict }) => verdict === 'broken' || verdict === 'changed')
  for (const { run_id, verdict, differences, would_send } of different.slice(0, SHOWN_CASES)) {
    print(`${verdict === 'broken' ? paint.red(verdict) : paint.yellow(verdict)} ${run_id}`)
    for (const { path, old, new: value } of differences) print(`  ${path}: ${short(old)} → ${short(value)}`)
    for (const { method, host, path } of would_send)
      print(paint.dim(`  not sent: ${method ?? ''} ${host}${path ?? ''}`))
  }
  if (different.length > SHOWN_CASES) print(`… and ${different.length - SHOWN_CASES} more`)
  for (const reason of new Set(cases.flatMap((one) => one.reason ?? []))) print(paint.dim(`not comparable: ${reason}`))
  const parts = VERDICTS.flatMap((one) => (counts[one] ? [`${counts[one]} ${one.replace('_', ' ')}`] : []))
  print(`${total} ${total === 1 ? 'run' : 'runs'}: ${parts.join(', ') || 'none ended'} (${id})`)
}

function short(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null)
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE - 1)}…` : text
}

export async function showCanary(context: Context, name: string, { json }: Json): Promise<void> {
  const connection = context.connect()
  const { id } = await getWorkflow(connection, name, context.environment.cwd)
  printCanary(context, await connection.client.get('/api/workflows/{id}/canary', { path: { id } }), json)
}

type Start = Json & { readonly version: string; readonly percent: string; readonly abortOver?: string }

export async function startCanary(context: Context, name: string, options: Start): Promise<void> {
  const version = readVersion(options.version)
  const percent = readPercent('--percent', options.percent)
  const abort = options.abortOver === undefined ? null : readPercent('--abort-over', options.abortOver) / 100
  const connection = context.connect()
  const { client } = connection
  const { id } = await getWorkflow(connection, name, context.environment.cwd)
  const canary = { version, percent, abort_on: abort === null ? null : { failure_ratio: abort } }
  await client.patch('/api/workflows/{id}', { path: { id }, body: { canary } })
  printCanary(context, await client.get('/api/workflows/{id}/canary', { path: { id } }), options.json)
}

function readPercent(option: string, text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text)
  throw new WrongUse(`${option}: expected a number from 1 to 99, found "${text}".`)
}

type Ending = Json & { readonly pastGate?: boolean }

export const endCanary = (how: 'promote' | 'abort') => async (context: Context, name: string, options: Ending) => {
  const { json, pastGate = false } = options
  const connection = context.connect()
  const { client } = connection
  const { id } = await getWorkflow(connection, name, context.environment.cwd)
  const path = { id }
  const ended =
    how === 'promote'
      ? await client.post('/api/workflows/{id}/canary/promote', { path, body: { force: pastGate } })
      : await client.post('/api/workflows/{id}/canary/abort', { path, body: {} })
  printCanary(context, ended, json)
}

type Canary = Schemas['Canary']

function printCanary({ terminal }: Context, found: Canary, json: boolean): void {
  if (json) {
    terminal.json(found)
    return
  }
  const { canary, deployed_version: deployed, last } = found
  terminal.print(
    canary === null
      ? `No canary. All calls run version ${deployed ?? '(none)'}.`
      : `Version ${canary.version} runs ${canary.percent}% of the calls, version ${deployed} the others.`,
  )
  if (last === null) return
  terminal.print(
    `version ${last.version}: ${describeSide(last.candidate)}${last.outcome === null ? '' : ` (${last.outcome})`}`,
  )
  terminal.print(`deployed: ${describeSide(last.deployed)}`)
}

const describeSide = ({ calls, failures, p50_ms, p95_ms }: NonNullable<Canary['last']>['deployed']): string =>
  `${calls} calls, ${failures} failed${p50_ms === null ? '' : `, p50 ${duration(p50_ms)}, p95 ${duration(p95_ms)}`}`
