import { useQuery } from '@tanstack/react-query'
import { queryKeys } from '../../../lib/query-keys.ts'
import { callAccounts } from './call-accounts.ts'

/** As better-auth returns them: a row for each way to sign in; that of a password is called `credential`. */
type Account = { providerId: string }

/** Whether the signed-in person has a password; people who came by an identity provider alone have none. */
export function useHasPassword() {
  return useQuery({
    queryKey: queryKeys.accounts,
    queryFn: ({ signal }) => callAccounts<Account[]>('/list-accounts', undefined, signal),
    select: (accounts) => accounts.some(({ providerId }) => providerId === 'credential'),
  })
}
