import { keepPreviousData, type QueryKey, useInfiniteQuery } from '@tanstack/react-query'

type Options = { readonly refetchInterval?: number; readonly staleTime?: number; readonly enabled?: boolean }

export function usePages<P extends { readonly next_cursor: string | null }>(
  queryKey: QueryKey,
  getPage: (page: { readonly cursor: string | null; readonly signal: AbortSignal }) => Promise<P>,
  { keepsPrevious = false, ...options }: Options & { readonly keepsPrevious?: boolean } = {},
) {
  return useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => getPage({ cursor: pageParam, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    ...(keepsPrevious ? { placeholderData: keepPreviousData } : {}),
    ...options,
  })
}
