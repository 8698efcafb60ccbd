import { Anchor } from '@mantine/core'
import type { MouseEvent, ReactNode } from 'react'
import { Link } from 'react-router'

export type LineTarget = {
  /** The page where the code can be read; null when the code is no longer known. */
  page: string | null
  /** Set where an editor holds the text that ran: the line is shown in that editor instead. */
  show?: (line: number) => void
}

type Props = { target: LineTarget; line: number; children: ReactNode }

/** A link to a line of code. */
export function LineLink({ target: { page, show }, line, children }: Props) {
  if (page === null) return children
  const click = (event: MouseEvent) => {
    // These keys open a new tab.
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
