import { useSearchParams } from 'react-router'
import { KINDS } from '../../../lib/kinds.ts'
import type { WorkflowFilter } from './get-workflows.ts'

const SORTS = ['created', 'updated', 'name'] as const

type Parameter = 'q' | 'kind' | 'tag' | 'archived' | 'sort'

export function useWorkflowFilter() {
  const [parameters, setParameters] = useSearchParams()
  const filter: WorkflowFilter = {
    q: parameters.get('q') ?? '',
    kind: KINDS.find((kind) => kind === parameters.get('kind')) ?? null,
    tag: parameters.get('tag'),
    archived: parameters.get('archived') === 'true',
    sort: SORTS.find((sort) => sort === parameters.get('sort')) ?? 'created',
  }
  const set = (changes: Partial<Record<Parameter, string | null>>) =>
    setParameters(
      (now) => {
        const next = new URLSearchParams(now)
        for (const [name, value] of Object.entries(changes)) {
          if (value === null || value === '') next.delete(name)
          else next.set(name, value)
        }
        return next
      },
      { replace: true },
    )
  const isFiltered = filter.q !== '' || filter.kind !== null || filter.tag !== null || filter.archived === true
  return { filter, set, isFiltered }
}
