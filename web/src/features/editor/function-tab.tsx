import { useSearchParams } from 'react-router'
import { BLANKS } from '../../lib/examples.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { useVersions } from './get-versions.ts'
import { Workbench } from './workbench.tsx'

/** The code with its properties, and a test beside it. */
export function FunctionTab({ workflow }: { workflow: Workflow }) {
  const [parameters] = useSearchParams()
  const versions = useVersions(workflow.id)
  const line = Number(parameters.get('line') ?? 0)
  if (versions.data === undefined) {
    return versions.error === null ? (
      <RowsSkeleton rows={8} />
    ) : (
      <LoadError error={versions.error} retry={() => void versions.refetch()} />
    )
  }
  const newest = versions.data.pages[0]?.data[0]
  return (
    <Workbench
      key={workflow.id}
      workflow={workflow}
      saved={newest === undefined ? { number: null, source: BLANKS[workflow.kind].source } : newest}
      line={line > 0 ? line : null}
    />
  )
}
