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
