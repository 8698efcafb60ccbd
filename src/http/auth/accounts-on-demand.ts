/** better-auth takes 30 MB that a server of hooks need not hold. */

import { importInTurns } from '../../imports/import-in-turns.ts'
import type { Accounts, AccountsOptions } from './shared/contract.ts'

export function createAccountsOnDemand(options: AccountsOptions): Accounts {
  let loading: Promise<Accounts> | null = null
  const load = (): Promise<Accounts> => {
    loading ??= loadAccounts(options).catch((error: unknown) => {
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
  await importInTurns(import.meta.resolve('@opentelemetry/api'))
  const { createAccounts } = await import('./sign-in/accounts.ts')
  return await createAccounts(options)
}
