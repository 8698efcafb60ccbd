import { useMutation } from '@tanstack/react-query'
import { api } from '../client/api.ts'
import { keepChoice, type PageLanguage } from '../i18n/language.ts'
import { notifyError } from '../notices/notify.ts'
import type { Me } from './get-me.ts'

/** Reloads the page. Null follows the browser. */
export function useSetLanguage() {
  return useMutation({
    mutationFn: (language: PageLanguage | null) => api.patch('/api/me', { body: { language } }),
    onSuccess: apply,
    onError: notifyError,
  })
}

let isApplied = false

/** Runs once per page load: a later choice in another tab must not discard typed text. */
export function applyLanguage(me: Me): void {
  if (isApplied) return
  isApplied = true
  apply(me)
}

function apply({ language }: Me): void {
  if (language !== undefined && keepChoice(language)) window.location.reload()
}
