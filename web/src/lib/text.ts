import { prettyJson } from './json-text.ts'
import type { HeaderList } from './requests/run.ts'

/** JSON is indented for reading, without touching its numbers; anything else is shown as it is. */
export function bodyText(body: string, headers: HeaderList): string {
  const type = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''
  return /\bjson\b/i.test(type) ? prettyJson(body) : body
}
