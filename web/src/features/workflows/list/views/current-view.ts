import type { View } from './requests.ts'

/** In the address, so that changed filters still belong to the view. */
const VIEW = 'view'

/** Equal filters have equal texts. */
export function filtersOf(search: string | URLSearchParams): string {
  const sorted = new URLSearchParams(search)
  for (const name of ['create', VIEW]) sorted.delete(name)
  sorted.sort()
  return sorted.toString()
}

export function addressOf({ id, search }: View): string {
  const parameters = new URLSearchParams(filtersOf(search))
  parameters.set(VIEW, id)
  return parameters.toString()
}

/** An address without a view may have one's filters. */
export function currentOf(views: readonly View[], parameters: URLSearchParams): View | null {
  const filters = filtersOf(parameters)
  const named = views.find(({ id }) => id === parameters.get(VIEW))
  if (named !== undefined && (filters !== '' || filtersOf(named.search) === '')) return named
  return (filters === '' ? undefined : views.find(({ search }) => filtersOf(search) === filters)) ?? null
}
