import { Anchor } from '@mantine/core'
import type { MouseEvent, ReactNode } from 'react'
import { Link } from 'react-router'

export type LineTarget = {
  /** Null if the code is unknown. */
  page: string | null
  show?: (line: number) => void
}

type Props = { target: LineTarget; line: number; children: ReactNode }

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
