import { createElement, Fragment, type ReactNode } from 'react'
import { formatOf, t } from './t.ts'

type Value = ReactNode | ((words: ReactNode) => ReactNode)

/** A function renders a tag (`<link>the guide</link>`), an element fills a placeholder. */
export function rich(english: string, values: Readonly<Record<string, Value>>): ReactNode {
  const wrapped = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'function' ? (words: ReactNode[]) => value(createElement(Fragment, null, ...words)) : value,
  ])
  const parts = formatOf(t(english)).format<ReactNode>(Object.fromEntries(wrapped))
  return Array.isArray(parts) ? createElement(Fragment, null, ...parts) : parts
}
