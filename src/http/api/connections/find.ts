import type { Connection, HeldTokens } from '../../../domain/connections/connection.ts'
import { UserError } from '../../../errors.ts'
import type { StoreUse } from '../../../store/store.ts'
import { redirectUriOf } from '../../connections/sign-in.ts'
import type { ApiContext } from '../common/api.ts'
import { presentConnection } from './present.ts'

export async function shown({ store, urls }: ApiContext, connection: Connection) {
  return presentConnection(connection, await store.connections.listUse(connection.name), redirectUriOf(urls))
}

export async function findConnection(store: StoreUse<{ connections: 'find' }>, id: string): Promise<HeldTokens> {
  return known(id, await store.connections.find(id))
}

export async function lockConnection(tx: StoreUse<{ connections: 'lock' }>, id: string): Promise<HeldTokens> {
  return known(id, await tx.connections.lock(id))
}

function known(id: string, connection: HeldTokens | null): HeldTokens {
  if (connection !== null) return connection
  throw new UserError('not_found', `There is no connection ${JSON.stringify(id.slice(0, 100))}.`)
}
