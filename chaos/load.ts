/** The outside: callers, and a ledger of the answer that each got. */

import { send } from './client.ts'
import type { Random } from './random.ts'

export type Workflow = { readonly id: string; readonly hook_url: string }

/** `unknown`: the connection broke or the answer leaves it open. */
type Answered = 'succeeded' | 'failed' | 'unknown'
export type Call = { readonly id: string; readonly fail: boolean; answered: Answered; runId: string | null }

export type Ledger = {
  readonly calls: Call[]
  /** Numbers that callers of the counter were given. */
  readonly numbers: string[]
  numbersTried: number
  /** Settings by the API: the last value that was acknowledged, and all that were tried after it. */
  readonly settings: Map<string, { acknowledged: number | null; tried: number[] }>
}

export type LoadOptions = {
  readonly ledger: Workflow
  readonly counter: Workflow
  readonly apiKey: string
  /** Where the servers that should live are. */
  readonly urls: () => readonly [string, ...string[]]
  readonly random: Random
  readonly round: number
}

const CALLERS = 5
const COUNTERS = 2
const SETTERS = 2

/** Begins at once; `stop` resolves when every caller has its answer, or none. */
export function startLoad(options: LoadOptions): { readonly ledger: Ledger; stop(): Promise<void> } {
  const ledger: Ledger = { calls: [], numbers: [], numbersTried: 0, settings: new Map() }
  let isOver = false
  const again = async (work: (index: number) => Promise<void>): Promise<void> => {
    for (let index = 0; !isOver; index += 1) {
      await work(index)
      // Breathes, so that a dead server is not called ten thousand times.
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const workers = [
    ...Array.from({ length: CALLERS }, (_, caller) => again((index) => callLedger(options, ledger, caller, index))),
    ...Array.from({ length: COUNTERS }, () => again(() => callCounter(options, ledger))),
    ...Array.from({ length: SETTERS }, (_, setter) => again((index) => putSetting(options, ledger, setter, index))),
  ]
  return {
    ledger,
    async stop() {
      isOver = true
      await Promise.all(workers)
    },
  }
}

const at = ({ urls, random }: LoadOptions, url: string): string =>
  new URL(new URL(url, 'http://any').pathname, random.pick(urls())).href

async function callLedger(options: LoadOptions, ledger: Ledger, caller: number, index: number): Promise<void> {
  const call: Call = {
    id: `${options.round}-${caller}-${index}`,
    fail: options.random.next() < 0.2,
    answered: 'unknown',
    runId: null,
  }
  ledger.calls.push(call)
  const body = { id: call.id, fail: call.fail, seconds: options.random.next() * 0.03 }
  const answer = await send('POST', at(options, options.ledger.hook_url), null, body)
  call.runId = answer?.runId ?? null
  if (answer?.status === 200 && answer.text === call.id) call.answered = 'succeeded'
  if (answer?.status === 500 && answer.text.includes('"exception"')) call.answered = 'failed'
}

async function callCounter(options: LoadOptions, ledger: Ledger): Promise<void> {
  ledger.numbersTried += 1
  const answer = await send('POST', at(options, options.counter.hook_url), null, {})
  if (answer?.status === 200) ledger.numbers.push(answer.text)
}

async function putSetting(options: LoadOptions, ledger: Ledger, setter: number, value: number): Promise<void> {
  const key = `by-api-${setter}`
  const known = ledger.settings.get(key) ?? { acknowledged: null, tried: [] }
  ledger.settings.set(key, known)
  known.tried.push(value)
  const url = at(options, `/api/workflows/${options.ledger.id}/settings/${key}`)
  const answer = await send('PUT', url, options.apiKey, { value })
  if (answer?.status !== 200) return
  known.acknowledged = value
  known.tried = []
}
