import { useMutation, useQueryClient } from '@tanstack/react-query'
import { notifyError } from '../../../lib/notices/notify.ts'
import { callAccounts } from './factors/call-accounts.ts'

export function useSignOut() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => callAccounts('/sign-out', {}),
    onSuccess: () => {
      client.clear()
      // Clears the person's data from memory.
      window.location.assign('/sign-in')
    },
    onError: notifyError,
  })
}
