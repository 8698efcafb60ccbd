/** What all parts of the proof share. */

import type { CommandLine } from '../../test/helpers/command-line.ts'
import { type Api, createApi } from '../client.ts'
import type { Workflow } from '../load.ts'
import type { Random } from '../random.ts'
import type { Engine, Server, Servers } from '../servers.ts'
import { type Exported, verifyBothWays } from './check.ts'
import type { Application } from './load.ts'
import type { Tables } from './tables.ts'

export type ProofOptions = {
  readonly engine: Engine
  readonly seed: number
  readonly decisions: number
  readonly kills: number
  /** Rows of each chain whose columns are changed, at least 3. */
  readonly rows: number
  /** Changes of each column of a row. */
  readonly times: number
  readonly onStep?: (text: string) => void
}

/** A workflow with the part of the ledger that it decides. */
export type Chain = { readonly workflow: Workflow; readonly ledger: readonly Application[] }

export type Context = {
  readonly options: ProofOptions
  readonly servers: Servers
  /** One on SQLite, two on PostgreSQL. */
  readonly live: Server[]
  readonly tables: Tables
  readonly random: Random
  readonly cli: CommandLine
  readonly chains: readonly Chain[]
}

type Living = Pick<Context, 'servers' | 'live'>

export const apiOf = ({ servers, live }: Living): Api => createApi(urlsOf(live)[0], servers.apiKey)

export function urlsOf(live: readonly Server[]): readonly [string, ...string[]] {
  const [first, ...others] = live
  if (first === undefined) throw new Error('no server was started')
  return [first.url, ...others.map(({ url }) => url)]
}

export const countOf = ({ ledger }: Chain): number => ledger.reduce((sum, { decisions }) => sum + decisions, 0)

export const verifyChain = (context: Context, { workflow }: Chain, count: number): Promise<readonly Exported[]> =>
  verifyBothWays(apiOf(context), context.cli, workflow, count)

const STALLED_MS = 300_000

/** Reads a number until it is the wanted one. Throws if it does not change for minutes. */
export async function untilNumber(tables: Tables, query: string, isWanted: (found: number) => boolean): Promise<void> {
  let last = Number.NaN
  let since = performance.now()
  for (;;) {
    const found = await readNumber(tables, query)
    if (isWanted(found)) return
    if (found !== last) since = performance.now()
    if (performance.now() - since > STALLED_MS) throw new Error(`${query}: ${found} for ${STALLED_MS} ms`)
    last = found
    await sleep(20)
  }
}

export const readNumber = async (tables: Tables, query: string): Promise<number> =>
  Number((await tables.query(query))[0]?.count)

export const DECIDED = 'select count(*) as count from decisions'
export const ACTIVE = "select count(*) as count from runs where status in ('queued', 'running', 'waiting')"

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
