import { useSearchParams } from 'react-router'

/** Returns the address's parameters, and a function that changes some. Null and '' remove a parameter. */
export function useParameters<Name extends string>() {
  const [parameters, setParameters] = useSearchParams()
  const change = (changes: Partial<Record<Name, string | null>>) => {
    // `parameters` may lack the last change, which React has not rendered yet.
    const next = new URLSearchParams(location.search)
    for (const [name, value] of Object.entries<string | null | undefined>(changes)) {
      if (value === null || value === undefined || value === '') next.delete(name)
      else next.set(name, value)
    }
    setParameters(next, { replace: true })
  }
  return [parameters, change] as const
}
