import { type QueryKey, type UseMutationOptions, useMutation, useQueryClient } from '@tanstack/react-query'

/** Refreshes after a failure too: another person may have been faster. */
export function useChange<T = void, R = unknown>(
  refreshed: readonly QueryKey[],
  mutationFn: (given: T) => Promise<R>,
  options?: Pick<UseMutationOptions<R, Error, T>, 'onSuccess' | 'onError'>,
) {
  const client = useQueryClient()
  return useMutation({
    ...options,
    mutationFn,
    onSettled: () => Promise.all(refreshed.map((queryKey) => client.invalidateQueries({ queryKey }))),
  })
}
