import { LRUCache } from 'lru-cache'
import { sha256 } from '../../domain/decisions/canonical.ts'
import { codeDigest } from '../../domain/decisions/code-digest.ts'
import type { ProposedDecision } from '../../domain/decisions/decision.ts'
import { DEFAULT_KEEP_DAYS } from '../../domain/decisions/policy.ts'
import type { Workflow } from '../../domain/workflows/workflow.ts'
import { pooledRandomBytes } from '../../random.ts'
import type { NewDecision } from '../../store/decisions/records.ts'
import type { StoreUse } from '../../store/store.ts'
import type { Code } from '../packages/prepared.ts'

const SALT_BYTES = 16
const digests = new WeakMap<Code, string>()
const locks = new LRUCache<string, string>({ max: 500 })

export async function newDecision(
  store: StoreUse<{ workflows: 'getEnvironment' }>,
  { workflow, code }: { readonly workflow: Workflow; readonly code: Code },
  given: ProposedDecision,
): Promise<NewDecision> {
  return {
    id: null,
    workflowName: workflow.name,
    version: code.number ?? null,
    sourceSha256: digestOf(code),
    lockSha256: await lockDigest(store, code.packages?.environmentId ?? null),
    keepDays: workflow.decisions?.keep_days ?? DEFAULT_KEEP_DAYS,
    given,
    salt: newSalt(),
    attributesSalt: given.attributes === null ? '' : newSalt(),
  }
}

const newSalt = (): string => pooledRandomBytes(SALT_BYTES).toString('hex')

function digestOf(code: Code): string {
  const digest = digests.get(code) ?? codeDigest(code)
  digests.set(code, digest)
  return digest
}

async function lockDigest(
  store: StoreUse<{ workflows: 'getEnvironment' }>,
  environmentId: string | null,
): Promise<string | null> {
  if (environmentId === null) return null
  const known = locks.get(environmentId)
  if (known !== undefined) return known
  const environment = await store.workflows.getEnvironment(environmentId)
  if (environment === null) return null
  const digest = sha256(environment.lock)
  locks.set(environmentId, digest)
  return digest
}
