/** Loads better-auth with the first sign-in, because it takes 30 MB that a server of hooks need not hold. */

import { importInTurns } from '../../imports/import-in-turns.ts'
import type { Accounts, AccountsOptions } from './shared/contract.ts'

/** Loads the library in short turns of the event loop. Whether accounts exist is known without it. */
export function createAccountsOnDemand(options: AccountsOptions): Accounts {
  let loading: Promise<Accounts> | null = null
  const load = (): Promise<Accounts> => {
    loading ??= loadAccounts(options).catch((error: unknown) => {
      // The next request tries again, because the database may be back by then.
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
  await importInTurns(import.meta.resolve('./sign-in/accounts.ts'))
  // The library imports it with its first query.
  await importInTurns(import.meta.resolve('@opentelemetry/api'))
  const { createAccounts } = await import('./sign-in/accounts.ts')
  return await createAccounts(options)
}
