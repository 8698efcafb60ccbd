import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../lib/api.ts'

export type Credentials = { email: string; password: string }

const signIn = ({ email, password }: Credentials): Promise<unknown> =>
  api('/api/auth/sign-in/email', { method: 'POST', body: { email, password } })

export function useSignIn() {
  const client = useQueryClient()
  return useMutation({ mutationFn: signIn, onSuccess: () => client.resetQueries() })
}
