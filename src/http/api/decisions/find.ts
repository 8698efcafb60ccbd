import type { SealedDecision } from '../../../domain/decisions/record.ts'
import { UserError } from '../../../errors.ts'
import type { Store } from '../../../store/store.ts'

export async function findDecision(store: Store, id: string): Promise<SealedDecision> {
  const decision = /^dec_[0-9A-Za-z]{1,64}$/.test(id) ? await store.decisions.get(id) : null
  if (decision === null) throw new UserError('not_found', `There is no decision ${JSON.stringify(id.slice(0, 100))}.`)
  return decision
}
