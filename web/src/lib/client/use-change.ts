import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query'

/** Refreshes after a failure too: another person may have been faster. */
export function useChange<T = void, R = unknown>(refreshed: readonly QueryKey[], mutationFn: (given: T) => Promise<R>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn,
    onSettled: () => Promise.all(refreshed.map((queryKey) => client.invalidateQueries({ queryKey }))),
  })
}
