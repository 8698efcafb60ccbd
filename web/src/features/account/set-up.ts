import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../lib/api.ts'
import { signIn, type Credentials } from './sign-in.ts'

export type SetUp = Credentials & { token: string; name: string }

/** Makes the owner of a new installation and signs them in. */
export function useSetUp() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (setUp: SetUp) => {
      await api('/api/setup', { method: 'POST', body: setUp })
      await signIn(setUp)
    },
    onSuccess: () => client.resetQueries(),
  })
}
