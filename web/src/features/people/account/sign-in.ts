import { useMutation, useQueryClient } from '@tanstack/react-query'
import { queryKeys } from '../../../lib/query-keys.ts'
import { callAccounts } from './call-accounts.ts'

type Credentials = { email: string; password: string }

const signIn = ({ email, password }: Credentials): Promise<unknown> =>
  callAccounts('/sign-in/email', { email, password })

export function useSignIn() {
  const client = useQueryClient()
  return useMutation({ mutationFn: signIn, onSuccess: () => client.resetQueries() })
}

/** A new sign-in of the person who is signed in: what is on the screen stays. */
export function useSignInAgain() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: signIn,
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: queryKeys.session })
      await client.invalidateQueries({ queryKey: queryKeys.sessions })
    },
  })
}
