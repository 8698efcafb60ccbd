/** Checks who may change shared settings and use them in a workflow. */

import type { FastifyRequest } from 'fastify'
import { UserError } from '../../../errors.ts'
import type { Store } from '../../../store/store.ts'
import { assertMayEdit, mayEdit } from '../common/editors.ts'

type Shared = Pick<Store, 'findSharedSetting' | 'listSharedSettingUse' | 'isEditor' | 'getWorkflow'>

/**
 * Throws `forbidden` unless the principal may edit the setting and every workflow that uses it, because its value
 * changes their behavior.
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
 * Throws `forbidden` for shared settings that the principal may not edit, because the workflow's code reads them.
 * `listed` are the settings that the workflow already uses.
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
