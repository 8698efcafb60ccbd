import { CONNECTION_NAME } from '../../../domain/connections/connection.ts'
import type { Workflow } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import type { StoreUse } from '../../../store/store.ts'

/** Throws `bad_request` for an unknown connection, `conflict` for a setting with its name. */
export async function assertConnections(
  store: StoreUse<{ connections: 'findByName' | 'findOwnSettings' }>,
  workflowId: string,
  names: readonly string[],
  before: readonly string[] = [],
): Promise<void> {
  for (const name of names) {
    if (before.includes(name) || (await store.connections.findByName(name)) !== null) continue
    throw new UserError('bad_request', `connections: there is no connection ${JSON.stringify(name)}.`)
  }
  const [key] = await store.connections.findOwnSettings(workflowId, names)
  if (key !== undefined) throw bothNamed(key)
}

/** Throws `conflict`. */
export async function assertNoConnection(
  store: StoreUse<{ workflows: 'get' }>,
  { id }: Pick<Workflow, 'id'>,
  key: string,
): Promise<void> {
  if (!CONNECTION_NAME.test(key)) return
  if ((await store.workflows.get(id))?.connections.includes(key) === true) throw bothNamed(key)
}

const bothNamed = (name: string): UserError =>
  new UserError(
    'conflict',
    `The workflow would have a setting and a connection of the name ${JSON.stringify(name)}: remove one of them first.`,
  )
