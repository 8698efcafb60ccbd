import type { ReactNode } from 'react'
import { useMay } from '../../requests/get-me.ts'
import classes from './editable.module.css'

export function Editable({ children }: { children: ReactNode }) {
  return (
    <fieldset className={classes.bare} disabled={!useMay('write')}>
      {children}
    </fieldset>
  )
}
