import { useMutation } from '@tanstack/react-query'
import { api } from '../../../lib/api.ts'

export type PasswordChange = { currentPassword: string; newPassword: string }

export function useChangePassword() {
  return useMutation({
    mutationFn: (change: PasswordChange) =>
      api('/api/auth/change-password', { method: 'POST', body: { ...change, revokeOtherSessions: true } }),
  })
}
