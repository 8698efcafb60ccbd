import { useCallback, useRef, useState } from 'react'

export type Next<T> = T | null | ((now: T | null) => T | null)

function useStoredState<T>(
  storage: () => Storage,
  key: string,
  isT: (value: unknown) => value is T,
): [T | null, (next: Next<T>) => void] {
  const [state, setState] = useState<T | null>(() => read(storage, key, isT))
  const latest = useRef(state)
  const set = useCallback(
    (next: Next<T>) => {
      const value = next instanceof Function ? next(latest.current) : next
      latest.current = value
      setState(value)
      try {
        if (value === null) storage().removeItem(key)
        else storage().setItem(key, JSON.stringify(value))
      } catch {
        // If storage is full or forbidden, the state ends with the page.
      }
    },
    [storage, key],
  )
  return [state, set]
}

const session = () => sessionStorage
const local = () => localStorage

export const useSessionState = <T>(key: string, isT: (value: unknown) => value is T) =>
  useStoredState(session, key, isT)

export const useBrowserState = <T>(key: string, isT: (value: unknown) => value is T) => useStoredState(local, key, isT)

function read<T>(storage: () => Storage, key: string, isT: (value: unknown) => value is T): T | null {
  try {
    const value: unknown = JSON.parse(storage().getItem(key) ?? 'null')
    return isT(value) ? value : null
  } catch {
    return null
  }
}

type Check = (value: unknown) => boolean

export const isText = (value: unknown): value is string => typeof value === 'string'
export const isNumber = (value: unknown): value is number => typeof value === 'number'

/** Checks a stored value, which an earlier release may have written. */
export const isShaped =
  <T extends object>(checks: { readonly [Name in keyof T & string]?: Check }) =>
  (value: unknown): value is T =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries<Check | undefined>(checks).every(([name, check]) => check?.(Reflect.get(value, name)))
