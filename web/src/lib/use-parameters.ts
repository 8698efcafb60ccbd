import { useSearchParams } from 'react-router'

/** The address's parameters, and a setter. Null and '' remove one. */
export function useParameters<Name extends string>() {
  const [parameters, setParameters] = useSearchParams()
  const change = (changes: Partial<Record<Name, string | null>>) => {
    // `parameters` may lack an unrendered change.
    const next = new URLSearchParams(location.search)
    for (const [name, value] of Object.entries<string | null | undefined>(changes)) {
      if (value === null || value === undefined || value === '') next.delete(name)
      else next.set(name, value)
    }
    setParameters(next, { replace: true })
  }
  return [parameters, change] as const
}
