import { type QueryKey, type UseQueryOptions, useQuery } from '@tanstack/react-query'
import type { Inputs, PathOf } from '../../../../client/index.ts'
import { type Answer, api } from './api.ts'

type Path = PathOf<'get'>
type Call<P extends Path> = readonly [path: P, ...input: Inputs<'get', P>]
type Options<T, R> = Omit<UseQueryOptions<T, Error, R>, 'queryKey' | 'queryFn'>

export const useGet = <P extends Path, R = Answer<'get', P>>(
  queryKey: QueryKey,
  call: Call<P>,
  options?: Options<Answer<'get', P>, R>,
) => useQuery({ ...options, queryKey, queryFn: ({ signal }) => get(call, signal) })

type Rows<P extends Path> = Answer<'get', P> extends { data: infer R } ? R : never

/** The `data` of the answer. */
export const useRows = <P extends Path, R = Rows<P>>(
  queryKey: QueryKey,
  call: Call<P>,
  options?: Options<Rows<P>, R>,
) =>
  useQuery({
    ...options,
    queryKey,
    queryFn: async ({ signal }) => ((await get(call, signal)) as { data: Rows<P> }).data,
  })

function get<P extends Path>([path, ...[input]]: Call<P>, signal: AbortSignal): Promise<Answer<'get', P>> {
  return api.get(path, ...([{ ...input, signal }] as unknown as Inputs<'get', P>))
}
