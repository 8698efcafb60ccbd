/** Decisions of killed servers, erased people, changed bytes and later years: what the chain proves, at any size. */

import { createCommandLine } from '../../test/helpers/command-line.ts'
import type { Workflow } from '../load.ts'
import { createRandom } from '../random.ts'
import { openServers } from '../servers.ts'
import { type Changed, changeBytes } from './bytes.ts'
import { type Compared, compare } from './check.ts'
import { apiOf, type Chain, type Context, countOf, type ProofOptions, verifyChain } from './context.ts'
import { decideAndDie } from './deaths.ts'
import { erasePeople } from './erase.ts'
import { DECIDING, KEPT, planApplications } from './load.ts'
import { openTables, type Tables } from './tables.ts'
import { passYears } from './years.ts'

/** The largest chain: each changed byte is looked for in its whole chain. */
const CHAIN = 1000
/** One chain of each language. */
const CHANGED = 2

export type Proof = {
  readonly decisions: number
  readonly runs: number
  readonly kills: number
  /** Servers that died by themselves inside the transaction of a decision, or after it. */
  readonly atDecisions: number
  readonly lost: number
  readonly doubled: number
  readonly erased: number
  readonly bytes: number
  readonly found: number
  readonly broken: readonly string[]
}

export async function proveDecisions(options: ProofOptions): Promise<Proof> {
  const servers = await openServers(options.engine, {})
  const cli = createCommandLine()
  let tables: Tables | null = null
  try {
    const live = [await servers.start()]
    if (options.engine === 'postgres') live.push(await servers.start())
    tables = await openTables(servers.database)
    const shared = { options, servers, live, tables, random: createRandom(options.seed), cli }
    return await prove({ ...shared, chains: await makeChains(shared) })
  } finally {
    await tables?.close()
    cli.remove()
    await servers.close()
  }
}

async function prove(context: Context): Promise<Proof> {
  const { options, chains } = context
  const { decisions, kills, onStep = () => {} } = options
  const runs = chains.reduce((sum, { ledger }) => sum + ledger.length, 0)
  const atDecisions = await decideAndDie(context)
  onStep(`${decisions} decisions of ${runs} runs; ${kills} kills, ${atDecisions} of them at a decision`)
  const compared: Compared[] = []
  for (const chain of chains) compared.push(compare(await verifyChain(context, chain, countOf(chain)), chain.ledger))
  const lost = compared.reduce((sum, one) => sum + one.lost, 0)
  const doubled = compared.reduce((sum, one) => sum + one.doubled, 0)
  onStep(`${lost} lost, ${doubled} doubled; the chains are intact on the server and without it`)
  const unfinished = await findUnfinished(context)
  const erased = await erasePeople(context)
  onStep(`${erased.ids.length} decisions erased; the chains are intact`)
  const changed: Changed[] = []
  for (const chain of chains.slice(0, CHANGED)) changed.push(await changeRows(context, chain, erased.ids))
  const bytes = changed.reduce((sum, one) => sum + one.bytes, 0)
  const found = changed.reduce((sum, one) => sum + one.found, 0)
  onStep(`${bytes} bytes changed, ${found} found`)
  const later = await passYears(context)
  onStep('the chains are intact after 8 days, at the end of the four years, and after it')
  const broken = [...compared, ...changed, erased].flatMap((one) => one.broken)
  const all = [...unfinished, ...broken, ...later]
  return { decisions, runs, kills, atDecisions, lost, doubled, erased: erased.ids.length, bytes, found, broken: all }
}

async function makeChains(
  context: Pick<Context, 'options' | 'servers' | 'live' | 'random'>,
): Promise<readonly Chain[]> {
  const { decisions } = context.options
  const api = apiOf(context)
  const count = 2 * Math.ceil(decisions / (2 * CHAIN))
  const chains: Chain[] = []
  for (let index = 0; index < count; index += 1) {
    const name = `chain-${index}`
    const { source, fields } = index % 2 === 0 ? DECIDING.python : DECIDING.typescript
    const body = { name, kind: 'catch', ...KEPT, ...fields }
    const workflow = await api.make<Workflow>('POST', '/api/workflows', body)
    await api.make('POST', `/api/workflows/${workflow.id}/versions`, { source })
    const share = Math.floor((decisions * (index + 1)) / count) - Math.floor((decisions * index) / count)
    chains.push({ workflow, ledger: planApplications(name, share, context.random) })
  }
  return chains
}

/** Each application has one run, which succeeded. */
async function findUnfinished({ tables, chains }: Context): Promise<readonly string[]> {
  const broken: string[] = []
  for (const { workflow, ledger } of chains) {
    const query = 'select status, count(*) as count from runs where workflow_id = ? group by status'
    const rows = await tables.query(query, [workflow.id])
    const found = rows.map(({ status, count }) => `${count} ${status}`).join(', ')
    if (found !== `${ledger.length} succeeded`) broken.push(`the ${ledger.length} runs of ${workflow.id} are ${found}`)
  }
  return broken
}

/** Changes the first row, the last, an erased one, and others by chance. */
async function changeRows(context: Context, { workflow }: Chain, erased: readonly string[]): Promise<Changed> {
  const { options, tables, random } = context
  const rows = await tables.query('select id from decisions where workflow_id = ? order by number', [workflow.id])
  const ids = rows.map(({ id }) => String(id))
  const chosen = new Set([...ids.slice(0, 1), ...ids.slice(-1), ...ids.filter((id) => erased.includes(id)).slice(0, 1)])
  while (chosen.size < Math.min(options.rows, ids.length)) chosen.add(ids[random.whole(0, ids.length - 1)] ?? '')
  return await changeBytes({ api: apiOf(context), tables, random, times: options.times }, workflow, [...chosen])
}
