import { useLocation } from 'react-router'

/** Browsers never send the fragment, so no log has the token. Old invitations use the query. */
export function useLinkToken(): string {
  const { hash, search } = useLocation()
  return new URLSearchParams(hash.slice(1)).get('token') ?? new URLSearchParams(search).get('token') ?? ''
}
