import { useSearchParams } from 'react-router'
import { BLANKS } from '../../../lib/examples.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { useNewestVersion } from './versions/get-versions.ts'
import { Workbench } from './workbench.tsx'
import { WorkbenchSkeleton } from './workbench-skeleton.tsx'

/** The Function tab: code, properties and test. */
export function FunctionTab({ workflow }: { workflow: Workflow }) {
  const [parameters] = useSearchParams()
  const newest = useNewestVersion(workflow.id)
  const line = Number(parameters.get('line') ?? 0)
  if (newest.data === undefined) {
    return newest.error === null ? (
      <WorkbenchSkeleton />
    ) : (
      <LoadError error={newest.error} retry={() => void newest.refetch()} />
    )
  }
  return (
    <Workbench
      key={workflow.id}
      workflow={workflow}
      saved={newest.data ?? { number: 0, source: BLANKS[workflow.kind].source }}
      line={line > 0 ? line : null}
      originalId={parameters.get('request')}
    />
  )
}
