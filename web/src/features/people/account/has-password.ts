import { useQuery } from '@tanstack/react-query'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { callAccounts } from './factors/call-accounts.ts'

type Account = { providerId: string }

/** People from an identity provider have none. */
export function useHasPassword() {
  return useQuery({
    queryKey: queryKeys.accounts,
    queryFn: ({ signal }) => callAccounts<Account[]>('/list-accounts', undefined, signal),
    select: (accounts) => accounts.some(({ providerId }) => providerId === 'credential'),
  })
}
