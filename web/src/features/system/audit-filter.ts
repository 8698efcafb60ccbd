import { useMemo } from 'react'
import { useParameters } from '../../lib/use-parameters.ts'
import type { AuditFilter } from './get-audit.ts'

const NAMES = ['actor', 'action', 'since'] as const

export function useAuditFilter() {
  const [parameters, setFilter] = useParameters<keyof AuditFilter>()
  const [actor = '', action, since] = NAMES.map((name) => parameters.get(name) ?? undefined)
  const filter = useMemo<AuditFilter>(
    () => ({ actor, action: action ?? null, since: since ?? null }),
    [actor, action, since],
  )
  return { filter, isFiltered: NAMES.some((name) => parameters.has(name)), setFilter }
}
