/** Editors are non-owners who may change, test and delete a workflow. */

import type { FastifyRequest } from 'fastify'
import type { Workflow } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import type { Store, StoreUse } from '../../../store/store.ts'
import type { Auth } from '../../auth/auth.ts'
import { principalOf } from '../../auth/shared/principal.ts'

export async function mayEdit(
  { store }: { readonly store: StoreUse<{ people: 'isEditor' }> },
  request: FastifyRequest,
  { editors }: Pick<Workflow, 'editors'>,
): Promise<boolean> {
  const { actor, role } = principalOf(request)
  return editors === null || role === 'owner' || (await store.people.isEditor(actor, editors))
}

/** Leaves a missing workflow to the route. */
export async function assertMayEdit(
  context: { readonly store: StoreUse<{ people: 'isEditor'; workflows: 'get' }> },
  request: FastifyRequest,
  workflowId: string,
): Promise<void> {
  const workflow = await context.store.workflows.get(workflowId)
  if (workflow === null || (await mayEdit(context, request, workflow))) return
  throw new UserError(
    'forbidden',
    `The workflow ${JSON.stringify(workflow.name)} is restricted to its editors and to owners: ask an owner.`,
  )
}

const OF_WORKFLOW = /^\/api\/workflows\/:id(\/|$)/
const OF_TRIAL = /^\/api\/trials\/:id(\/|$)/
const OF_RUN = /^\/api\/runs\/:id(\/|$)/

export async function checkEditors(context: { readonly store: Store }, request: FastifyRequest): Promise<void> {
  const { url = '', config } = request.routeOptions
  if (request.method === 'GET' || request.method === 'HEAD' || config.anyEditor === true) return
  const id = idOf(request.params)
  if (OF_WORKFLOW.test(url) && /^wf_[0-9A-Za-z]{1,64}$/.test(id)) await assertMayEdit(context, request, id)
  if (OF_TRIAL.test(url) && /^trial_[0-9A-Za-z]{1,64}$/.test(id)) {
    const trial = await context.store.trials.get(id)
    if (trial !== null) await assertMayEdit(context, request, trial.workflowId)
  }
  if (!OF_RUN.test(url) || !/^run_[0-9A-Za-z]{1,64}$/.test(id)) return
  const run = await context.store.runs.get(id)
  if (run !== null) await assertMayEdit(context, request, run.workflowId)
}

export async function assertEditors(
  { auth }: { readonly auth: Pick<Auth, 'people'> },
  request: FastifyRequest,
  editors: readonly string[] | null | undefined,
): Promise<void> {
  if (editors === undefined) return
  if (!principalOf(request).scopes.includes('admin')) {
    throw new UserError('forbidden', 'editors: only an owner restricts a workflow to some editors.')
  }
  if (editors === null || editors.length === 0) return
  const people = new Set((await auth.people.list()).map(({ id }) => id))
  const unknown = editors.find((id) => !people.has(id))
  if (unknown !== undefined)
    throw new UserError('bad_request', `editors: there is no person ${JSON.stringify(unknown)}.`)
}

const idOf = (params: unknown): string =>
  typeof params === 'object' && params !== null && 'id' in params ? String(params.id) : ''
