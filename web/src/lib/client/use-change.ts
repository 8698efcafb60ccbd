import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query'

/** Refreshes the queries even after a failure, because another person may have been faster. */
export function useChange<T = void, R = unknown>(refreshed: readonly QueryKey[], mutationFn: (given: T) => Promise<R>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn,
    onSettled: () => Promise.all(refreshed.map((queryKey) => client.invalidateQueries({ queryKey }))),
  })
}
