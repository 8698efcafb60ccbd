/** How a workflow's calls are delivered, as the API takes and shows it. */

import type { Static } from 'typebox'
import { type Acknowledgement, validateAcknowledgement } from '../../../domain/acknowledgement.ts'
import { type KeySource, validateKeySource } from '../../../domain/idempotency.ts'
import { NO_RETRIES } from '../../../domain/retries.ts'
import type { Kind } from '../../../domain/workflow.ts'
import { UserError } from '../../../errors.ts'
import type { WorkflowChanges } from '../../../store/workflows/rows.ts'
import { parseText } from '../../wire/text.ts'
import type { deliveryFields } from './delivery-schemas.ts'

type Given = { readonly [F in keyof typeof deliveryFields]?: Static<(typeof deliveryFields)[F]> }

/** The fields that were sent, checked. Throws `bad_request` for what has no place on this kind of workflow. */
export function readDelivery({ idempotency, answer, retries }: Given, kind: Kind): WorkflowChanges {
  return {
    ...(idempotency === undefined ? {} : { idempotency: readKeySource(idempotency, kind) }),
    ...(answer === undefined ? {} : { answer: readAcknowledgement(answer, kind) }),
    ...(retries === undefined ? {} : { retries: { ...NO_RETRIES, ...retries } }),
  }
}

function readKeySource(given: Given['idempotency'], kind: Kind): KeySource | null {
  if (given === undefined || given === null) return null
  if (kind === 'pull') throw noHook('idempotency')
  const { from, name, path } = given
  if (from === 'header' ? path !== undefined : name !== undefined || path === undefined) {
    throw new UserError(
      'bad_request',
      'idempotency: expected {"from": "header", "name": …} or {"from": "body", "path": …}, found another pair.',
    )
  }
  const source: KeySource = from === 'header' ? { from, name: name ?? 'Idempotency-Key' } : { from, path: path ?? '' }
  const problem = validateKeySource(source)
  if (problem !== null) throw new UserError('bad_request', `${problem}.`)
  return source
}

function readAcknowledgement(given: Given['answer'], kind: Kind): Acknowledgement | null {
  if (given === undefined || given === null) return null
  if (kind === 'pull') throw noHook('answer')
  const { mode, status_code = 202, body = null, content_type = null } = given
  if (body !== null) parseText('answer.body', body)
  const answer = { mode, status_code, body, content_type }
  const problem = validateAcknowledgement(answer)
  if (problem !== null) throw new UserError('bad_request', `${problem}.`)
  return answer
}

const noHook = (field: string): UserError =>
  new UserError('bad_request', `${field}: expected none on a pull workflow, which has no hook to call.`)
