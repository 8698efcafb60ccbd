import { useQuery } from '@tanstack/react-query'

/** A cron expression in words ("At 07:00, Monday through Friday"); null until they are known, and for what is none. */
export function useCronWords(cron: string | null): string | null {
  const words = useQuery({
    queryKey: ['cron-words', cron],
    queryFn: async () => {
      const cronstrue = (await import('cronstrue')).default
      try {
        return cronstrue.toString(cron ?? '', { use24HourTimeFormat: true, verbose: false })
      } catch {
        return null
      }
    },
    enabled: cron !== null,
    staleTime: Number.POSITIVE_INFINITY,
  })
  return words.data ?? null
}
