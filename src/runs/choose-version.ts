import { runsCandidate } from '../domain/trials/canary.ts'
import type { Workflow } from '../domain/workflows/workflow.ts'
import type { CodeLookup } from './execution/code.ts'
import type { PlannedRun } from './execution/planned.ts'
import type { Environments } from './packages/environments.ts'

type Deps = {
  readonly code: Pick<CodeLookup, 'deployed' | 'numbered'>
  readonly environments: Pick<Environments, 'findReady' | 'prepare'>
}
type Chosen = Pick<PlannedRun, 'code' | 'canary'>

export async function chooseVersion(
  { code, environments }: Deps,
  workflow: Workflow,
  call: { readonly lane: string | null; readonly body: Buffer },
): Promise<Chosen> {
  const { canary } = workflow
  if (canary === null || workflow.kind !== 'catch') return { code: await code.deployed(workflow), canary: null }
  if (!runsCandidate(workflow.id, canary, call)) return { code: await code.deployed(workflow), canary: 0 }
  const candidate = await code.numbered(workflow, canary.version)
  if (environments.findReady(workflow, candidate) !== null) return { code: candidate, canary: 1 }
  // No caller waits for packages that only the candidate needs.
  environments.prepare(workflow, candidate, null).catch(() => {})
  return { code: await code.deployed(workflow), canary: null }
}
