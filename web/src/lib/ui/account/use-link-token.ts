import { useLocation } from 'react-router'

/** The token is in the fragment, which browsers never send, so no log has it. Old invitations have it in the query. */
export function useLinkToken(): string {
  const { hash, search } = useLocation()
  return new URLSearchParams(hash.slice(1)).get('token') ?? new URLSearchParams(search).get('token') ?? ''
}
