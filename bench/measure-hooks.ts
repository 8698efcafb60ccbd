/** Sends load to hooks and reports the figures; shared by the benchmarks of hooks. */

import autocannon from 'autocannon'
import type { TestServer } from '../test/helpers/server.ts'
import { callHook, createCatch } from '../test/helpers/workflows.ts'
import { median, quantile } from './figures.ts'

export type Target = {
  readonly name: string
  readonly url: string
  /** Replaces the body of the other targets. */
  readonly body?: string
  close(): Promise<void>
}
export type Figure = {
  readonly name: string
  readonly callers: number
  readonly p50: number
  readonly p99: number
  readonly perSecond: number
}

type Duration = { readonly seconds?: number; readonly rounds?: number }
const SECONDS = Number(process.env.BENCH_SECONDS ?? 5)
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3)
const BODY = JSON.stringify({ file_url: 'https://company.storage.fr/file/profile_1.doc', id: 7 })
const SOURCE = `
import json
def workflow(_request, settings):
    return {"status_code": 200, "body": json.dumps({"id": _request["id"]}), "headers": {"Content-Type": "application/json"}}
`

/** The same in JavaScript. */
const SCRIPT = `
export default ({ id }) => ({ status_code: 200, body: JSON.stringify({ id }), headers: { 'Content-Type': 'application/json' } })
`

type Hook = {
  readonly isolation?: 'reuse' | 'fresh'
  readonly runtime?: 'python3' | 'node24'
  readonly slots?: number
  readonly source?: string
}

/** A hook of ours, warm. */
export async function createTarget(running: TestServer, name: string, hook: Hook = {}): Promise<Target> {
  const { isolation = 'reuse', runtime = 'python3', slots = 32 } = hook
  const { source = runtime === 'node24' ? SCRIPT : SOURCE } = hook
  const workflow = await createCatch(running, { source, runtime, isolation, max_concurrency: slots })
  await Promise.all(Array.from({ length: 64 }, () => callHook(workflow, { id: 7 })))
  return { name, url: workflow.hook_url, close: async () => {} }
}

/** The targets take turns, so that a slow moment of the machine falls on all of them; each figure is the median of the rounds. */
export async function measureAll(
  targets: readonly Target[],
  callers: number,
  { seconds = SECONDS, rounds = ROUNDS }: Duration = {},
): Promise<Figure[]> {
  const figures: Figure[] = []
  for (let round = 0; round < rounds; round += 1) {
    for (const target of targets) figures.push(await measure(target, callers, seconds))
  }
  return targets.map(({ name }) => medianOf(figures.filter((figure) => figure.name === name)))
}

export const postJson = (url: string, body: string): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })

async function measure({ name, url, body = BODY }: Target, callers: number, seconds: number): Promise<Figure> {
  const latencies: number[] = []
  const run = autocannon({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    connections: callers,
    duration: seconds,
  })
  let failed = 0
  run.on('response', (_client, status, _bytes, ms) => {
    if (status === 200) latencies.push(ms)
    else failed += 1
  })
  await run
  if (failed > 0) console.error(`${name}: ${failed} answers were not 200`)
  const perSecond = latencies.length / seconds
  return { name, callers, p50: median(latencies), p99: quantile(latencies, 0.99), perSecond }
}

function medianOf(figures: readonly Figure[]): Figure {
  const sorted = [...figures].sort((a, b) => a.perSecond - b.perSecond)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined) throw new Error('nothing was measured')
  return middle
}
