import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../lib/api.ts'
import { notifyError } from '../../../lib/ui/notify.ts'

export function useSignOut() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => api('/api/auth/sign-out', { method: 'POST', body: {} }),
    onSuccess: () => {
      client.clear()
      // A full page load, so that no data of the signed-out person stays in memory.
      window.location.assign('/sign-in')
    },
    onError: notifyError,
  })
}
