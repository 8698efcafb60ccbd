import { Anchor } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'react-router'

/** Where code can be read: a page that takes a line, or an editor on this one. Null: nowhere. */
export type LineTarget = string | ((line: number) => void) | null

type Props = { target: LineTarget; line: number; children: ReactNode }

/** Words that lead to a line of code. */
export function LineLink({ target, line, children }: Props) {
  if (target === null) return children
  if (typeof target === 'string') {
    return (
      <Anchor component={Link} to={`${target}?line=${line}`} inherit underline="always">
        {children}
      </Anchor>
    )
  }
  return (
    <Anchor component="button" type="button" onClick={() => target(line)} inherit underline="always">
      {children}
    </Anchor>
  )
}
