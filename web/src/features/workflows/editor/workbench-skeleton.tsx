import { Skeleton } from '@mantine/core'
import classes from './workbench.module.css'

/** Keeps the layout from jumping. */
export function WorkbenchSkeleton() {
  return (
    <div className={classes.bench} aria-busy="true">
      <Skeleton className={classes.code} height="clamp(352px, calc(56vh + 52px), 772px)" />
      <Skeleton className={classes.test} height={380} />
      <Skeleton className={classes.properties} height={200} />
    </div>
  )
}
