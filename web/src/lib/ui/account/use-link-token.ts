import { useLocation } from 'react-router'

/**
 * The token of a link for set-up, an invitation or a new password. It is in the fragment, which browsers send to no
 * server, so it is in no log on the way. Invitations made before that have it in the query. Empty without one.
 */
export function useLinkToken(): string {
  const { hash, search } = useLocation()
  return new URLSearchParams(hash.slice(1)).get('token') ?? new URLSearchParams(search).get('token') ?? ''
}
