import { Children, type ReactNode } from 'react'
import classes from './facts.module.css'

export function Facts({ children }: { readonly children: ReactNode }) {
  return (
    <div className={classes.frame}>
      <div className={classes.facts}>
        {Children.toArray(children).map((child, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the facts keep their order
          <span key={index}>{child}</span>
        ))}
      </div>
    </div>
  )
}
