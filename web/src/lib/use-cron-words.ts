import { useQuery } from '@tanstack/react-query'
import { LANGUAGE } from './i18n/language.ts'

/** Null during loading, and for an invalid expression. */
export function useCronWords(cron: string | null): string | null {
  const words = useQuery({
    queryKey: ['cron-words', cron],
    queryFn: async () => {
      const cronstrue = (await import('cronstrue')).default
      if (LANGUAGE === 'fr') await import('cronstrue/locales/fr.js')
      try {
        return cronstrue.toString(cron ?? '', { use24HourTimeFormat: true, verbose: false, locale: LANGUAGE })
      } catch {
        return null
      }
    },
    enabled: cron !== null,
    staleTime: Number.POSITIVE_INFINITY,
  })
  return words.data ?? null
}
