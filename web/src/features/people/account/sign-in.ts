import { useMutation, useQueryClient } from '@tanstack/react-query'
import { queryKeys } from '../../../lib/client/query-keys.ts'
import { callAccounts } from './factors/call-accounts.ts'

type Credentials = { email: string; password: string }

/** `twoFactorRedirect`: the correct password needs a code. */
type SignedIn = { twoFactorRedirect?: boolean }

const signIn = ({ email, password }: Credentials): Promise<SignedIn> =>
  callAccounts('/sign-in/email', { email, password })

/** Anything but six digits is a recovery code. */
const sendCode = (typed: string): Promise<unknown> => {
  const code = typed.trim()
  const isTotp = /^\d{3} ?\d{3}$/.test(code)
  return callAccounts(isTotp ? '/two-factor/verify-totp' : '/two-factor/verify-backup-code', {
    code: isTotp ? code.replace(' ', '') : code,
  })
}

export const useSendCode = () => useMutation({ mutationFn: sendCode })

/** The caller refreshes the queries. */
export const useSignIn = () => useMutation({ mutationFn: signIn })

/** Loaded data belongs to another person or session. */
export function useRefreshAll() {
  const client = useQueryClient()
  return () => client.resetQueries()
}

export function useRefreshSessions() {
  const client = useQueryClient()
  return async () => {
    await client.invalidateQueries({ queryKey: queryKeys.session })
    await client.invalidateQueries({ queryKey: queryKeys.sessions })
  }
}
