import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../lib/api.ts'
import type { Credentials } from './sign-in.ts'

export type SetUp = Credentials & { token: string; name: string }

/** Creates the owner of a new installation; the response signs them in. */
export function useSetUp() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (setUp: SetUp) => api('/api/setup', { method: 'POST', body: setUp }),
    onSuccess: () => client.resetQueries(),
  })
}
