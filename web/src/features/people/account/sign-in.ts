import { useMutation, useQueryClient } from '@tanstack/react-query'
import { callAccounts } from './call-accounts.ts'

type Credentials = { email: string; password: string }

const signIn = ({ email, password }: Credentials): Promise<unknown> =>
  callAccounts('/sign-in/email', { email, password })

export function useSignIn() {
  const client = useQueryClient()
  return useMutation({ mutationFn: signIn, onSuccess: () => client.resetQueries() })
}
