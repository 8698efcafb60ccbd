import { useHotkeys } from '@mantine/hooks'
import { type RefObject, useRef } from 'react'

/** `/` focuses the search, also in an empty list. */
export function useSearchKey(): RefObject<HTMLInputElement | null> {
  const field = useRef<HTMLInputElement>(null)
  useHotkeys([['/', () => field.current?.focus()]])
  return field
}

/** `j` and `k` move, Enter opens, `x` selects. */
export function useListKeys(): RefObject<HTMLUListElement | null> {
  const list = useRef<HTMLUListElement>(null)
  const rowOf = (element: Element | null) => {
    const row = element?.closest('li') ?? null
    return row !== null && list.current?.contains(row) === true ? row : null
  }
  const move = (way: 'nextElementSibling' | 'previousElementSibling') => {
    const row = rowOf(document.activeElement)
    const next = row === null ? list.current?.firstElementChild : row[way]
    next?.querySelector('a')?.focus()
  }
  useHotkeys([
    ['j', () => move('nextElementSibling')],
    ['k', () => move('previousElementSibling')],
    ['x', () => rowOf(document.activeElement)?.querySelector<HTMLInputElement>('input[type=checkbox]')?.click()],
  ])
  return list
}
