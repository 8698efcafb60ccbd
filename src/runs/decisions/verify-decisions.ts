import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ImpactGroup } from '../../domain/decisions/impact.ts'
import { type Verification, verifyChain } from '../../domain/decisions/verify.ts'
import type { Chain, DecisionFilter } from '../../store/decisions/records.ts'
import type { StoreUse } from '../../store/store.ts'

/** A page takes 10 ms. */
const PAGE = 100

type Reads = StoreUse<{ decisions: 'listChains' | 'findUnchained' | 'readChain' | 'listAnchors' | 'listAttributed' }>

/** Null: all workflows. */
export async function verifyDecisions(store: Reads, workflowId: string | null): Promise<Verification> {
  let checked = 0
  for (const chain of await store.decisions.listChains(workflowId)) {
    const found = await verifyOne(store, chain)
    checked += found.checked
    if (!found.ok) return { ...found, checked }
  }
  const missing = await store.decisions.findUnchained(workflowId)
  if (missing !== null)
    return { checked, ok: false, first_broken: { id: null, number: 1, reason: `the chain of ${missing} is missing` } }
  return { checked, ok: true, first_broken: null }
}

async function verifyOne(store: Reads, { workflowId, start }: Chain): Promise<Verification> {
  const verifier = verifyChain(start, await store.decisions.listAnchors(workflowId))
  for (let after = start.number - 1; ; ) {
    const page = await store.decisions.readChain(workflowId, after, PAGE)
    for (const decision of page) if (!verifier.check(decision)) return verifier.end(null)
    const last = page.at(-1)
    if (last !== undefined) after = last.record.number
    const [chain] = page.length < PAGE ? await store.decisions.listChains(workflowId) : []
    if (chain !== undefined && chain.head.number <= after) return verifier.end(chain.head)
    if (chain !== undefined && page.length === 0) return verifier.end(chain.head)
    await nextTurn()
  }
}

export async function groupOutcomes(
  store: Reads,
  filter: DecisionFilter,
  by: readonly string[],
): Promise<readonly ImpactGroup[]> {
  const groups = new Map<string, ImpactGroup & { count: number }>()
  for (let after = 0; ; ) {
    const page: Awaited<ReturnType<Reads['decisions']['listAttributed']>> = await store.decisions.listAttributed(
      filter,
      after,
      PAGE,
    )
    for (const { outcome, attributes } of page) {
      const entries = by.flatMap((name) =>
        attributes?.[name] === undefined ? [] : [[name, attributes[name]] as const],
      )
      const key = JSON.stringify([outcome, entries])
      const group = groups.get(key) ?? { attributes: Object.fromEntries(entries), outcome, count: 0 }
      group.count += 1
      groups.set(key, group)
    }
    after = page.at(-1)?.position ?? 0
    if (page.length < PAGE) return [...groups.values()]
    await nextTurn()
  }
}
