import { KINDS } from '../../../lib/kinds.ts'
import { useParameters } from '../../../lib/use-parameters.ts'
import type { WorkflowFilter } from './get-workflows.ts'

const SORTS = ['created', 'updated', 'name'] as const

type Parameter = 'q' | 'kind' | 'tag' | 'archived' | 'sort'

export function useWorkflowFilter() {
  const [parameters, set] = useParameters<Parameter>()
  const filter: WorkflowFilter = {
    q: parameters.get('q') ?? '',
    kind: KINDS.find((kind) => kind === parameters.get('kind')) ?? null,
    tag: parameters.get('tag'),
    archived: parameters.get('archived') === 'true',
    sort: SORTS.find((sort) => sort === parameters.get('sort')) ?? 'created',
  }
  const isFiltered = filter.q !== '' || filter.kind !== null || filter.tag !== null || filter.archived === true
  return { filter, set, isFiltered }
}
