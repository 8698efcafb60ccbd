import { useMemo } from 'react'
import { useSearchParams } from 'react-router'
import type { AuditFilter } from './get-audit.ts'

const NAMES = ['actor', 'action', 'since'] as const

export function useAuditFilter() {
  const [parameters, setParameters] = useSearchParams()
  const [actor = '', action, since] = NAMES.map((name) => parameters.get(name) ?? undefined)
  const filter = useMemo<AuditFilter>(
    () => ({ actor, action: action ?? null, since: since ?? null }),
    [actor, action, since],
  )
  const setFilter = (next: AuditFilter) =>
    setParameters(
      NAMES.flatMap((name): [string, string][] => {
        const value = next[name]
        return value === null || value === '' ? [] : [[name, value]]
      }),
      { replace: true },
    )
  return { filter, isFiltered: NAMES.some((name) => parameters.has(name)), setFilter }
}
