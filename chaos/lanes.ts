/** Lanes under load and death: what their functions report is one at a time and in order. */

import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Api } from './client.ts'
import { send } from './client.ts'
import type { Workflow } from './load.ts'
import type { Random } from './random.ts'

/** The fields of the workflow: its calls do not wait, and their lane is in the body. */
export const LANE_FIELDS = { lane: { from: 'body', path: 'lane' }, answer: { mode: 'async' }, max_concurrency: 4 }
const LANES = 3

/** Holds a connection to the sink open for as long as it runs. */
export const laneFunction = (sinkPort: number): string => `
import socket, time

def workflow(_request, settings):
    with socket.create_connection(("127.0.0.1", ${sinkPort}), timeout=10) as sink:
        sink.sendall(("%s %d\\n" % (_request["lane"], _request["n"])).encode())
        time.sleep(_request["seconds"])
        sink.shutdown(socket.SHUT_WR)
        sink.recv(1)
    return {"status_code": 200, "body": "ok"}
`

export type LaneSink = {
  readonly port: number
  /** What the functions of a round reported. */
  seen(round: number): SeenLanes
  close(): void
}

type SeenLanes = {
  /** The numbers of each lane as their functions began. */
  readonly begun: ReadonlyMap<string, readonly number[]>
  /** Two of one lane that ran at once. */
  readonly overlaps: readonly string[]
}

/** Follows which functions run at each moment. A function ends when it has heard that its end was noted. */
export async function openLaneSink(): Promise<LaneSink> {
  const begun = new Map<string, number[]>()
  const running = new Map<string, number>()
  const overlaps: string[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = ''
    let lane: string | null = null
    const end = () => {
      if (lane !== null) running.delete(lane)
      lane = null
    }
    socket.on('data', (chunk) => {
      text += chunk
      if (lane !== null || !text.endsWith('\n')) return
      const [name = '', number = ''] = text.trim().split(' ')
      const other = running.get(name)
      if (other !== undefined) overlaps.push(`lane ${name}: ${number} began while ${other} ran`)
      lane = name
      running.set(name, Number(number))
      begun.set(name, [...(begun.get(name) ?? []), Number(number)])
    })
    socket.on('end', () => {
      end()
      socket.end('.')
    })
    socket.on('close', end)
    socket.on('error', end)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the sink has no port')
  const seen = (round: number): SeenLanes => ({
    begun: new Map([...begun].filter(([lane]) => lane.startsWith(`${round}-`))),
    overlaps: overlaps.filter((text) => text.startsWith(`lane ${round}-`)),
  })
  return { port: address.port, seen, close: () => server.close() }
}

export type LaneLedger = {
  readonly acknowledged: { readonly lane: string; readonly n: number; readonly runId: string | null }[]
}

type LaneLoad = {
  readonly workflow: Workflow
  readonly urls: () => readonly [string, ...string[]]
  readonly random: Random
  readonly round: number
}

/** One caller for each lane, which sends its next call when it has the answer to the one before: so the order is known. */
export function startLaneLoad(options: LaneLoad): { readonly ledger: LaneLedger; stop(): Promise<void> } {
  const { workflow, urls, random, round } = options
  const ledger: LaneLedger = { acknowledged: [] }
  let isOver = false
  const callers = Array.from({ length: LANES }, async (_, index) => {
    const lane = `${round}-${index}`
    for (let n = 0; !isOver; n += 1) {
      const url = new URL(new URL(workflow.hook_url).pathname, random.pick(urls())).href
      const answer = await send('POST', url, null, { lane, n, seconds: random.next() * 0.03 })
      if (answer?.status === 202) ledger.acknowledged.push({ lane, n, runId: answer.runId })
      // The lane is slower than its caller: it must not grow without end.
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
  })
  return {
    ledger,
    async stop() {
      isOver = true
      await Promise.all(callers)
    },
  }
}

/** Never two at once, never out of order, none executed twice, none lost that was acknowledged. */
export async function checkLanes(
  api: Api,
  workflow: Workflow,
  { acknowledged }: LaneLedger,
  { begun, overlaps }: SeenLanes,
): Promise<readonly string[]> {
  const broken = [...overlaps]
  const runs = new Map(
    (await api.list<{ id: string; status: string }>(`/api/workflows/${workflow.id}/runs`)).map((run) => [run.id, run]),
  )
  for (const { lane, n, runId } of acknowledged) {
    const run = runs.get(runId ?? '')
    const executed = (begun.get(lane) ?? []).filter((other) => other === n).length
    if (run === undefined) broken.push(`lane ${lane}: ${n} was acknowledged, and has no run`)
    else if (run.status === 'succeeded' && executed !== 1)
      broken.push(`lane ${lane}: ${n} succeeded, and was executed ${executed} times`)
    else if (run.status !== 'succeeded' && run.status !== 'lost') broken.push(`lane ${lane}: ${n} is ${run.status}`)
    if (executed > 1) broken.push(`lane ${lane}: ${n} was executed ${executed} times`)
  }
  for (const [lane, numbers] of begun) {
    const late = numbers.find((number, index) => number <= (numbers[index - 1] ?? -1))
    if (late !== undefined) broken.push(`lane ${lane}: ${late} began after a later one: ${numbers.join(' ')}`)
  }
  return broken
}
