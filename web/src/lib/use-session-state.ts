import { useCallback, useState } from 'react'

/** State that outlives changing tabs and loading the page again, but not the browser's session. */
export function useSessionState<T>(
  key: string,
  isT: (value: unknown) => value is T,
): [T | null, (value: T | null) => void] {
  const [state, setState] = useState<T | null>(() => read(key, isT))
  const set = useCallback(
    (value: T | null) => {
      setState(value)
      try {
        if (value === null) sessionStorage.removeItem(key)
        else sessionStorage.setItem(key, JSON.stringify(value))
      } catch {
        // Storage may be full or forbidden: then the state lives only as long as the page.
      }
    },
    [key],
  )
  return [state, set]
}

function read<T>(key: string, isT: (value: unknown) => value is T): T | null {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null')
    return isT(value) ? value : null
  } catch {
    return null
  }
}
