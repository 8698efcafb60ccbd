import { useSearchParams } from 'react-router'

/** Returns the parameters of the address, and a function that changes some of them. Null and '' remove a parameter. */
export function useParameters<Name extends string>() {
  const [parameters, setParameters] = useSearchParams()
  const change = (changes: Partial<Record<Name, string | null>>) => {
    // The address is newer than `parameters` if React has not rendered the last change yet, which this one would undo.
    const next = new URLSearchParams(location.search)
    for (const [name, value] of Object.entries<string | null | undefined>(changes)) {
      if (value === null || value === undefined || value === '') next.delete(name)
      else next.set(name, value)
    }
    setParameters(next, { replace: true })
  }
  return [parameters, change] as const
}
