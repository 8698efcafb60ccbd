/** Who may change shared settings, and use them in a workflow. */

import type { FastifyRequest } from 'fastify'
import { UserError } from '../../../errors.ts'
import type { Store } from '../../../store/store.ts'
import { assertMayEdit, mayEdit } from '../common/editors.ts'

type Shared = Pick<Store, 'findSharedSetting' | 'listSharedSettingUse' | 'isEditor' | 'getWorkflow'>

/**
 * Throws `forbidden` unless the principal is among the editors of the shared setting and may change every workflow that uses it:
 * its value decides what these do.
 */
export async function assertMayChangeShared(
  { store }: { readonly store: Shared },
  request: FastifyRequest,
  key: string,
): Promise<void> {
  await assertMayUseShared({ store }, request, [key])
  for (const { workflowId } of await store.listSharedSettingUse(key))
    await assertMayEdit({ store }, request, workflowId)
}

/**
 * Throws `forbidden` for shared settings whose editors leave the principal out: code of a workflow that lists one reads it.
 * `listed`: those that the workflow lists already.
 */
export async function assertMayUseShared(
  context: { readonly store: Pick<Shared, 'findSharedSetting' | 'isEditor'> },
  request: FastifyRequest,
  keys: readonly string[],
  listed: readonly string[] = [],
): Promise<void> {
  for (const key of keys) {
    if (!listed.includes(key) && !(await mayUseShared(context, request, key))) throw restricted(key)
  }
}

/** Whether the principal may use the shared setting. One that does not exist is open to all. */
export async function mayUseShared(
  { store }: { readonly store: Pick<Shared, 'findSharedSetting' | 'isEditor'> },
  request: FastifyRequest,
  key: string,
): Promise<boolean> {
  const setting = await store.findSharedSetting(key)
  return setting === null || (await mayEdit({ store }, request, setting))
}

const restricted = (key: string): UserError =>
  new UserError(
    'forbidden',
    `The shared setting ${JSON.stringify(key.slice(0, 100))} is restricted to its editors and to owners: ask an owner.`,
  )
