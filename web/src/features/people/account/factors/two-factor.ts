import { useMutation, useQueryClient } from '@tanstack/react-query'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { callAccounts } from './call-accounts.ts'

type Enrolment = { totpURI: string; backupCodes: readonly string[] }

/** Two-factor is on once a code is confirmed. */
export const useStartTwoFactor = () =>
  useMutation({ mutationFn: (password: string) => callAccounts<Enrolment>('/two-factor/enable', { password }) })

export function useConfirmTwoFactor() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (code: string) => callAccounts('/two-factor/verify-totp', { code: code.replaceAll(' ', '') }),
    onSuccess: () => client.invalidateQueries({ queryKey: queryKeys.session }),
  })
}

export function useEndTwoFactor() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (password: string) => callAccounts('/two-factor/disable', { password }),
    onSuccess: () => client.invalidateQueries({ queryKey: queryKeys.session }),
  })
}
