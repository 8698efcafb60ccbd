import { Anchor } from '@mantine/core'
import type { MouseEvent, ReactNode } from 'react'
import { Link } from 'react-router'

export type LineTarget = {
  /** The page where the code can be read; null when nobody knows the code any more. */
  page: string | null
  /** Where an editor holds the very text that ran: its line is shown there instead. */
  show?: (line: number) => void
}

type Props = { target: LineTarget; line: number; children: ReactNode }

/** Words that lead to a line of code. */
export function LineLink({ target: { page, show }, line, children }: Props) {
  if (page === null) return children
  const click = (event: MouseEvent) => {
    // Those keys ask for a tab of its own.
    if (show === undefined || event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    show(line)
  }
  return (
    <Anchor component={Link} to={`${page}?line=${line}`} onClick={click} inherit underline="always">
      {children}
    </Anchor>
  )
}
