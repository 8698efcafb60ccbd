/** better-auth takes 30 MB, which a server of hooks can save. */

import { UserError } from '../../errors.ts'
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
  const translate = (error: unknown) => Promise.reject(toUserError(options.database, error))
  const use = <T>(work: (accounts: Accounts) => Promise<T>): Promise<T> => load().then(work).catch(translate)
  return {
    exist: () => options.database.hasPeople().catch(translate),
    create: (account, grant) => use((accounts) => accounts.create(account, grant)),
    findSession: (headers, wanted) => use((accounts) => accounts.findSession(headers, wanted)),
    list: () => use((accounts) => accounts.list()),
    find: (id) => use((accounts) => accounts.find(id)),
    resetPassword: (tokenHash, password) => use((accounts) => accounts.resetPassword(tokenHash, password)),
    handle: (request) => use((accounts) => accounts.handle(request)),
  }
}

/** better-auth passes on or wraps the database's errors. */
function toUserError(database: AccountsOptions['database'], error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error
  const found = [error, error.cause].map((one) => database.toUserError(one))
  return found.find((one) => one instanceof UserError) ?? error
}

async function loadAccounts(options: AccountsOptions): Promise<Accounts> {
  await importInTurns(import.meta.resolve('./sign-in/accounts.ts'))
  await importInTurns(import.meta.resolve('@opentelemetry/api'))
  const { createAccounts } = await import('./sign-in/accounts.ts')
  return await createAccounts(options)
}
