/** What must hold after a crash. Each broken promise is one sentence. */

import type { Api } from './client.ts'
import type { Call, Ledger, Workflow } from './load.ts'

type Run = {
  readonly id: string
  readonly status: string
  readonly trigger: string
  readonly request: { readonly body: string } | null
}
type Setting = { readonly key: string; readonly value: unknown }
type Change = { readonly old: unknown; readonly new: unknown }
type Tick = { readonly due_at: string; readonly outcome: string; readonly run_id: string | null }

export type Found = { readonly broken: readonly string[]; readonly lost: number; readonly unknown: number }

/** Compares the calls of the ledger with the store and with what the functions reported to the sink. */
export async function checkLedger(
  api: Api,
  workflow: Workflow,
  { calls, settings }: Ledger,
  sink: ReadonlyMap<string, number>,
): Promise<Found> {
  const runs = await readRuns(api, workflow)
  const kept = await readSettings(api, workflow)
  const broken = calls.flatMap((call) => checkCall(call, runs.get(call.id) ?? [], kept, sink.get(call.id) ?? 0))
  for (const [key, { acknowledged, tried }] of settings) {
    const value = kept.get(key)
    if (value === acknowledged || tried.some((one) => one === value) || (acknowledged === null && value === undefined))
      continue
    broken.push(`the setting ${key} is ${value}: ${acknowledged} was acknowledged, only ${tried} was tried after it`)
  }
  return {
    broken,
    lost: [...runs.values()].flat().filter(({ status }) => status === 'lost').length,
    unknown: calls.filter(({ answered }) => answered === 'unknown').length,
  }
}

function checkCall(
  { id, fail, answered, runId }: Call,
  runs: readonly Run[],
  kept: ReadonlyMap<string, unknown>,
  executions: number,
): string[] {
  const broken: string[] = []
  const [run] = runs
  if (executions > 1) broken.push(`call ${id} was executed ${executions} times`)
  if (runs.length > 1) broken.push(`call ${id} has ${runs.length} runs`)
  if (executions === 1 && run === undefined) broken.push(`call ${id} was executed, but there is no run of it`)
  if (run?.status === 'running' || run?.status === 'queued') broken.push(`run ${run.id} is still ${run.status}`)
  if (answered !== 'unknown' && run?.status !== answered) {
    broken.push(`call ${id} was answered ${answered} (run ${runId}), its run is ${run?.status ?? 'missing'}`)
  }
  const isKept = kept.has(id)
  if (isKept && run?.status !== 'succeeded')
    broken.push(`the setting of call ${id} was kept, its run is ${run?.status}`)
  if (!isKept && run?.status === 'succeeded') broken.push(`the setting of call ${id} is missing, its run succeeded`)
  if (isKept && fail) broken.push(`the setting of call ${id} was kept although it failed`)
  return broken
}

/** Every number was given once, and the history of the setting is one chain. */
export async function checkCounter(api: Api, workflow: Workflow, ledger: Ledger): Promise<readonly string[]> {
  const broken: string[] = []
  const twice = ledger.numbers.filter((number, index) => ledger.numbers.indexOf(number) !== index)
  if (twice.length > 0) broken.push(`the counter gave ${twice} to several callers`)
  const { n = 0 } = Object.fromEntries(await readSettings(api, workflow))
  const highest = Math.max(0, ...ledger.numbers.map(Number))
  if (Number(n) < highest || Number(n) > ledger.numbersTried) {
    broken.push(`the counter is at ${n}: callers were given up to ${highest}, and asked ${ledger.numbersTried} times`)
  }
  const runs = await api.list<Run>(`/api/workflows/${workflow.id}/runs`)
  const succeeded = runs.filter(({ status }) => status === 'succeeded').length
  if (succeeded !== Number(n)) broken.push(`the counter is at ${n}, ${succeeded} of its runs succeeded`)
  return [...broken, ...checkChain(await api.list<Change>(`/api/workflows/${workflow.id}/settings/n/history`))]
}

function checkChain(changes: readonly Change[]): string[] {
  return changes.flatMap((change, index) => {
    const before = changes[index + 1]
    return before === undefined || before.new === change.old
      ? []
      : [`a change from ${change.old} follows one to ${before.new}`]
  })
}

/** No moment ticked twice, every tick that ran has a run that succeeded, and each counted once. */
export async function checkTicks(api: Api, workflow: Workflow): Promise<{ broken: readonly string[]; ticks: number }> {
  const broken: string[] = []
  const ticks = await api.list<Tick>(`/api/workflows/${workflow.id}/ticks`)
  const runs = new Map((await api.list<Run>(`/api/workflows/${workflow.id}/runs`)).map((run) => [run.id, run]))
  if (new Set(ticks.map(({ due_at }) => due_at)).size !== ticks.length) broken.push('a moment ticked twice')
  const named = ticks.flatMap(({ run_id }) => (run_id === null ? [] : [run_id]))
  if (new Set(named).size !== named.length) broken.push('two ticks name the same run')
  for (const { due_at, outcome, run_id } of ticks) {
    const status = run_id === null ? null : runs.get(run_id)?.status
    // Lost three times in a row: then it stays so.
    const isFine = outcome === 'ran' ? status === 'succeeded' || status === 'lost' : run_id === null
    if (!isFine) broken.push(`the tick at ${due_at} is ${outcome}, its run ${run_id} is ${status}`)
  }
  const succeeded = [...runs.values()].filter(({ status }) => status === 'succeeded')
  for (const { id } of succeeded) if (!named.includes(id)) broken.push(`run ${id} succeeded, but no tick names it`)
  const { n = 0 } = Object.fromEntries(await readSettings(api, workflow))
  if (Number(n) !== succeeded.length)
    broken.push(`${succeeded.length} scheduled runs succeeded, their counter is at ${n}`)
  return { broken, ticks: ticks.length }
}

async function readRuns(api: Api, workflow: Workflow): Promise<ReadonlyMap<string, readonly Run[]>> {
  const byCall = new Map<string, Run[]>()
  for (const { id } of await api.list<Run>(`/api/workflows/${workflow.id}/runs`)) {
    const run = await api.get<Run>(`/api/runs/${id}`)
    const call: string = JSON.parse(run.request?.body ?? '{}').id
    byCall.set(call, [...(byCall.get(call) ?? []), run])
  }
  return byCall
}

async function readSettings(api: Api, workflow: Workflow): Promise<ReadonlyMap<string, unknown>> {
  const settings = await api.list<Setting>(`/api/workflows/${workflow.id}/settings`)
  return new Map(settings.map(({ key, value }) => [key, value]))
}
