import { Skeleton } from '@mantine/core'
import { useSearchParams } from 'react-router'
import { BLANK_CODE } from '../../../lib/examples.ts'
import { languageOf } from '../../../lib/kinds.ts'
import { useMe } from '../../../lib/requests/get-me.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { useOpenVersion } from './versions/get-versions.ts'
import { useServerDraft } from './versions/kept-draft.ts'
import type { Saved } from './versions/use-save.ts'
import classes from './workbench.module.css'
import { Workbench } from './workbench.tsx'

export function FunctionTab({ workflow }: { workflow: Workflow }) {
  const [parameters] = useSearchParams()
  const open = useOpenVersion(workflow)
  const draft = useServerDraft(workflow.id)
  const me = useMe()
  const line = Number(parameters.get('line') ?? 0)
  if (open.data === undefined || draft.data === undefined || me.data === undefined) {
    const error = open.error ?? draft.error ?? me.error
    const refetch = () => {
      open.retry()
      void draft.refetch()
      void me.refetch()
    }
    return error === null ? <WorkbenchSkeleton /> : <LoadError of={{ error, refetch }} />
  }
  const { version, newest } = open.data
  const source = BLANK_CODE[workflow.kind][languageOf(workflow.runtime)]
  const blank: Saved = { number: 0, newest: 0, source, files: {} }
  return (
    <Workbench
      key={workflow.id}
      workflow={workflow}
      saved={version === null ? blank : { ...version, newest, files: version.files ?? {} }}
      kept={{ ownerId: me.data.id, server: draft.data }}
      line={line > 0 ? line : null}
      originalId={parameters.get('request')}
    />
  )
}

/** Keeps the layout from jumping. */
function WorkbenchSkeleton() {
  return (
    <div className={classes.bench} aria-busy="true">
      <Skeleton className={classes.code} height="clamp(352px, calc(56vh + 52px), 772px)" />
      <Skeleton className={classes.test} height={380} />
      <Skeleton className={classes.properties} height={200} />
    </div>
  )
}
