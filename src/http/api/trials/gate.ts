/** The gate of a workflow: the trial that a deployment must pass. */

import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import type { Actor } from '../../../domain/actor.ts'
import { type Trial, VERDICTS } from '../../../domain/trials/trial.ts'
import type { Workflow } from '../../../domain/workflow.ts'
import { UserError } from '../../../errors.ts'
import { actorOf } from '../../auth/principal.ts'
import type { ApiContext } from '../common/api.ts'
import { type CandidateCode, lastRuns, startTrial } from './start.ts'

const LOOK_MS = 200

/**
 * Runs the trial of the workflow's gate and waits for its end. Throws `gate_failed` when a case has another verdict than
 * those that the gate allows. A workflow without past runs passes.
 */
export async function passGate(
  context: ApiContext,
  workflow: Workflow,
  candidate: CandidateCode,
  { by, force }: { readonly by: Actor; readonly force: boolean },
): Promise<void> {
  const { deployGate: gate, id: workflowId } = workflow
  if (gate === null || force) return
  const runIds = await lastRuns(context.store, { workflowId }, gate.last)
  if (runIds.length === 0) return
  const { ignore } = gate
  const { id } = await startTrial(context, { workflowId, candidate, runIds, outbound: 'read_only', ignore, by })
  const { status, counts, total } = await untilEnded(context, id)
  const refused = VERDICTS.filter((verdict) => counts[verdict] > 0 && !gate.allow.includes(verdict))
  if (status === 'done' && refused.length === 0) return
  const found = refused.map((verdict) => `${counts[verdict]} ${verdict.replace('_', ' ')}`).join(', ')
  throw new UserError(
    'gate_failed',
    status === 'done'
      ? `The gate of this workflow tried ${total} past runs: ${found}. It allows ${gate.allow.join(', ') || 'nothing'}. Nothing was deployed: read the cases of the trial ${id}, or deploy with force.`
      : `The trial ${id} of the gate was cancelled. Nothing was deployed.`,
    { trial_id: id },
  )
}

/** What the audit log says of a deployment. */
export const deploymentDetail = (number: number, { deployGate }: Workflow, force: boolean): string =>
  force && deployGate !== null ? `version ${number}, forced past its gate` : `version ${number}`

export const gateOptions = (request: FastifyRequest, force = false) => ({ by: actorOf(request), force })

async function untilEnded({ store }: ApiContext, id: string): Promise<Trial> {
  for (;;) {
    const trial = await store.getTrial(id)
    if (trial === null) throw new UserError('conflict', 'The trial of the gate was deleted. Nothing was deployed.')
    if (trial.status !== 'running') return trial
    await delay(LOOK_MS)
  }
}
