import { useMutation, useQuery } from '@tanstack/react-query'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { useChange } from '../../../../lib/client/use-change.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { callAccounts } from './call-accounts.ts'

export type Passkey = { id: string; name: string | null; createdAt: string | null; backedUp: boolean }

const queryKey = queryKeys.passkeys

export const usePasskeys = () =>
  useQuery({
    queryKey,
    queryFn: ({ signal }) => callAccounts<Passkey[]>('/passkey/list-user-passkeys', undefined, signal),
  })

/** The server names a nameless passkey after the device. */
export const useAddPasskey = () =>
  useChange([queryKey], async (name: string) => {
    const { startRegistration } = await import('@simplewebauthn/browser')
    type Options = Parameters<typeof startRegistration>[0]['optionsJSON']
    const optionsJSON = await callAccounts<Options>('/passkey/generate-register-options')
    const response = await startRegistration({ optionsJSON }).catch(explain)
    return await callAccounts<Passkey>('/passkey/verify-registration', { response, ...(name === '' ? {} : { name }) })
  })

export const useRenamePasskey = () =>
  useChange([queryKey], (change: { id: string; name: string }) => callAccounts('/passkey/update-passkey', change))

export const useRemovePasskey = () =>
  useChange([queryKey], ({ id }: { id: string }) => callAccounts('/passkey/delete-passkey', { id }))

export const usePasskeySignIn = () => useMutation({ mutationFn: signInByPasskey })

async function signInByPasskey(): Promise<unknown> {
  const { startAuthentication } = await import('@simplewebauthn/browser')
  type Options = Parameters<typeof startAuthentication>[0]['optionsJSON']
  const options = await callAccounts<Options>('/passkey/generate-authenticate-options')
  const response = await startAuthentication({ optionsJSON: { ...options, userVerification: 'required' } }).catch(
    explain,
  )
  return await callAccounts('/passkey/verify-authentication', { response })
}

/** Browsers deliberately report few details. */
function explain(error: unknown): never {
  const name = error instanceof Error ? error.name : ''
  if (name === 'InvalidStateError') throw new Error(t('This device has a passkey for your account already.'))
  if (name === 'NotAllowedError' || name === 'AbortError') {
    throw new Error(t('No passkey was used: it was cancelled, took too long, or the device has none for this site.'))
  }
  if (name === 'SecurityError') {
    throw new Error(
      t('The browser allows no passkeys at {origin}: open the app at its public URL.', { origin: location.origin }),
    )
  }
  throw error
}

/** Browsers require https or localhost, and a host name. */
export const supportsPasskeys = (): boolean =>
  window.isSecureContext && 'PublicKeyCredential' in window && !/^[\d.]+$|^\[/.test(location.hostname)
