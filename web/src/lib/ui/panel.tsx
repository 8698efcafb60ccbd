import { Group, Title } from '@mantine/core'
import { createContext, type ReactNode } from 'react'
import classes from './panel.module.css'

/** Lowers headings in a titled panel by one level. */
export const IsTitled = createContext(false)

/** A flush panel's table keeps its text away from the border. */
export const IsFlush = createContext(false)

type Props = {
  title?: ReactNode
  help?: ReactNode
  aside?: ReactNode
  children: ReactNode
  flush?: boolean
  label?: string
}

export function Panel({ title, help, aside, children, flush = false, label }: Props) {
  return (
    <section className={classes.panel} aria-label={label}>
      {title === undefined ? null : (
        <Group className={classes.head} justify="space-between" gap="xs">
          <Group gap={4} wrap="nowrap">
            <Title order={2} className={classes.title}>
              {title}
            </Title>
            {help}
          </Group>
          {aside}
        </Group>
      )}
      <IsTitled value={title !== undefined}>
        <IsFlush value={flush}>
          <div className={flush ? undefined : classes.body}>{children}</div>
        </IsFlush>
      </IsTitled>
    </section>
  )
}
