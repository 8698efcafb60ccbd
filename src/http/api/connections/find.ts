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
  const connection = await store.connections.find(id)
  if (connection === null)
    throw new UserError('not_found', `There is no connection ${JSON.stringify(id.slice(0, 100))}.`)
  return connection
}
