import { useMutation } from '@tanstack/react-query'
import { callAccounts } from './factors/call-accounts.ts'

export type PasswordChange = { currentPassword: string; newPassword: string }

export function useChangePassword() {
  return useMutation({
    mutationFn: (change: PasswordChange) => callAccounts('/change-password', { ...change, revokeOtherSessions: true }),
  })
}
