import type { FastifyRequest } from 'fastify'
import { UserError } from '../../../errors.ts'
import type { StoreUse } from '../../../store/store.ts'
import { assertMayEdit, mayEdit } from '../common/editors.ts'

type Shared = StoreUse<{ settings: 'findShared' | 'listSharedUse'; people: 'isEditor'; workflows: 'get' }>

/** The value affects every workflow that uses it. Throws `forbidden` unless the principal may edit all. */
export async function assertMayChangeShared(
  { store }: { readonly store: Shared },
  request: FastifyRequest,
  key: string,
): Promise<void> {
  await assertMayUseShared({ store }, request, [key])
  for (const { workflowId } of await store.settings.listSharedUse(key))
    await assertMayEdit({ store }, request, workflowId)
}

/** The workflow's code reads shared settings, so the principal must be able to edit those outside `listed`. */
export async function assertMayUseShared(
  context: { readonly store: StoreUse<{ settings: 'findShared'; people: 'isEditor' }> },
  request: FastifyRequest,
  keys: readonly string[],
  listed: readonly string[] = [],
): Promise<void> {
  for (const key of keys) {
    if (!listed.includes(key) && !(await mayUseShared(context, request, key))) throw restricted(key)
  }
}

export async function mayUseShared(
  { store }: { readonly store: StoreUse<{ settings: 'findShared'; people: 'isEditor' }> },
  request: FastifyRequest,
  key: string,
): Promise<boolean> {
  const setting = await store.settings.findShared(key)
  return setting === null || (await mayEdit({ store }, request, setting))
}

const restricted = (key: string): UserError =>
  new UserError(
    'forbidden',
    `The shared setting ${JSON.stringify(key.slice(0, 100))} is restricted to its editors and to owners: ask an owner.`,
  )
