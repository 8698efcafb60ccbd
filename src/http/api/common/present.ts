import type { Page } from '../../../store/database/paging.ts'
import { RawJson } from '../../wire/json-text.ts'

export function presentPage<T, P>(page: Page<T>, present: (item: T) => P) {
  return { data: page.data.map(present), next_cursor: page.nextCursor }
}

export const timeText = (time: number): string => new Date(time).toISOString()
export const timeOrNull = (time: number | null): string | null => (time === null ? null : timeText(time))
export const rawOrNull = (text: string | null): RawJson | null => (text === null ? null : new RawJson(text))
