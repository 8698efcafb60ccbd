import { useMutation, useQueryClient } from '@tanstack/react-query'
import { queryKeys } from '../../../lib/query-keys.ts'
import { callAccounts } from './call-accounts.ts'

type Credentials = { email: string; password: string }

/** `twoFactorRedirect`: the password was right, and a code is needed as well. */
type SignedIn = { twoFactorRedirect?: boolean }

const signIn = ({ email, password }: Credentials): Promise<SignedIn> =>
  callAccounts('/sign-in/email', { email, password })

/** A code of six digits is one of the authenticator app; anything else is a recovery code. */
const sendCode = (typed: string): Promise<unknown> => {
  const code = typed.trim()
  const isTotp = /^\d{3} ?\d{3}$/.test(code)
  return callAccounts(isTotp ? '/two-factor/verify-totp' : '/two-factor/verify-backup-code', {
    code: isTotp ? code.replace(' ', '') : code,
  })
}

/** The second step of a sign-in. */
export const useSendCode = () => useMutation({ mutationFn: sendCode })

/** The first step. The caller refreshes what is shown once the person is signed in. */
export const useSignIn = () => useMutation({ mutationFn: signIn })

/** Everything was loaded for another person, or before the sign-in. */
export function useRefreshAll() {
  const client = useQueryClient()
  return () => client.resetQueries()
}

/** The same person signed in again: what is on the screen stays. */
export function useRefreshSessions() {
  const client = useQueryClient()
  return async () => {
    await client.invalidateQueries({ queryKey: queryKeys.session })
    await client.invalidateQueries({ queryKey: queryKeys.sessions })
  }
}
