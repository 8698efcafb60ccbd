/** Erases people, and looks for what is left of them in the tables of decisions. */

import { type DecisionRow, openDecision } from '../../src/store/decisions/rows.ts'
import { createKeyring } from '../../src/store/secrets/encryption.ts'
import { apiOf, type Chain, type Context, countOf, verifyChain } from './context.ts'

export type Erased = { readonly ids: readonly string[]; readonly broken: readonly string[] }

/** People of each chain. */
const PEOPLE = 3

/** Throws unless the chains are intact afterwards. */
export async function erasePeople(context: Context): Promise<Erased> {
  const ids: string[] = []
  const people: string[] = []
  const broken: string[] = []
  for (const chain of context.chains) {
    const exported = await verifyChain(context, chain, countOf(chain))
    for (const { id, email, decisions } of chain.ledger.slice(0, PEOPLE)) {
      const runs = new Set(exported.filter(({ inputs }) => inputs?.id === id).map(({ run_id }) => run_id))
      const erasure = { value: email, run_ids: [...runs] }
      const certificate = await apiOf(context).make<{ decisions: string[] }>('POST', '/api/privacy/erase', erasure)
      if (certificate.decisions.length !== decisions)
        broken.push(`the certificate of ${email} names ${certificate.decisions.length} of ${decisions} decisions`)
      ids.push(...certificate.decisions)
      people.push(email)
    }
  }
  for (const chain of context.chains) broken.push(...(await lookIntoChain(context, chain, ids)))
  broken.push(...(await lookIntoTables(context, ids, people)))
  return { ids, broken }
}

async function lookIntoChain(context: Context, chain: Chain, ids: readonly string[]): Promise<readonly string[]> {
  const exported = await verifyChain(context, chain, countOf(chain))
  return exported
    .filter(({ id, subject, inputs, erased_at }) => {
      const isEmpty = subject === null && inputs === null && erased_at !== null
      return isEmpty !== ids.includes(id)
    })
    .map(({ id }) => `the decision ${id} is ${ids.includes(id) ? 'not empty' : 'empty'} after the erasures`)
}

/** Reads every column with the key of the server. */
async function lookIntoTables(
  { tables, servers }: Context,
  ids: readonly string[],
  people: readonly string[],
): Promise<readonly string[]> {
  const keyring = createKeyring(servers.secretKey)
  const broken: string[] = []
  for (const row of (await tables.query('select * from decisions')) as unknown as readonly DecisionRow[]) {
    const text = JSON.stringify([row, openDecision(keyring, row).content])
    for (const person of people) if (text.includes(person)) broken.push(`the decision ${row.id} still holds ${person}`)
    if (ids.includes(row.id) && row.subject_hash !== null) broken.push(`the decision ${row.id} has a subject_hash`)
  }
  for (const row of await tables.query('select * from decision_attributes')) {
    if (ids.includes(String(row.decision_id))) broken.push(`attributes of ${row.decision_id} are left`)
  }
  return broken
}
