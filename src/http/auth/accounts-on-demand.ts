/** People's accounts, loaded when the first person comes: the library takes 30 MB that a server of hooks need not hold. */

import { importInTurns } from '../../imports/import-in-turns.ts'
import type { Accounts, AccountsOptions } from './contract.ts'

/** Accounts whose first use also loads the library, in short turns of the event loop. Whether there are any is known without them. */
export function createAccountsOnDemand(options: AccountsOptions): Accounts {
  let loading: Promise<Accounts> | null = null
  const load = (): Promise<Accounts> => {
    loading ??= loadAccounts(options).catch((error: unknown) => {
      // The next one who comes tries again: the database may be back by then.
      loading = null
      throw error
    })
    return loading
  }
  return {
    exist: () => options.database.hasPeople(),
    create: async (account, grant) => (await load()).create(account, grant),
    findSession: async (headers, wanted) => (await load()).findSession(headers, wanted),
    list: async () => (await load()).list(),
    find: async (id) => (await load()).find(id),
    resetPassword: async (tokenHash, password) => (await load()).resetPassword(tokenHash, password),
    handle: async (request) => (await load()).handle(request),
  }
}

async function loadAccounts(options: AccountsOptions): Promise<Accounts> {
  await importInTurns(import.meta.resolve('./accounts.ts'))
  const { createAccounts } = await import('./accounts.ts')
  return await createAccounts(options)
}
