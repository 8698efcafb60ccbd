import { useMutation } from '@tanstack/react-query'
import { api } from '../api.ts'
import { keepChoice, type PageLanguage } from '../i18n/language.ts'
import { notifyError } from '../ui/notify.ts'
import type { Me } from './get-me.ts'

/** Keeps the person's language on the server; null follows the browser. The page is loaded again in its new language. */
export function useSetLanguage() {
  return useMutation({
    mutationFn: (language: PageLanguage | null) => api.patch('/api/me', { body: { language } }),
    onSuccess: apply,
    onError: notifyError,
  })
}

let isApplied = false

/** Once for each page load: later, another tab's choice must not take away what is typed here. */
export function applyLanguage(me: Me): void {
  if (isApplied) return
  isApplied = true
  apply(me)
}

function apply({ language }: Me): void {
  // API keys have no language.
  if (language !== undefined && keepChoice(language)) window.location.reload()
}
