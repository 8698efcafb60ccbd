/** What a caller is told at once when the function's answer is not waited for. */

import { TOKEN } from './headers.ts'

/** A workflow's own; the field names are those of the API and of the stored JSON. */

export type Acknowledgement = {
  readonly mode: 'async'
  readonly status_code: number
  /** Null: a small JSON object with the run and where its answer will be. */
  readonly body: string | null
  readonly content_type: string | null
}

export const ACKNOWLEDGEMENT_LIMITS = { bodyLength: 65_536, typeLength: 200 } as const

const MEDIA_TYPE = new RegExp(String.raw`^${TOKEN}/${TOKEN}(?:[ \t]*;[\x20-\x7e]*)?$`)

/** Says in a sentence what is wrong with an acknowledgement, or null when it is good. */
export function validateAcknowledgement({ content_type }: Acknowledgement): string | null {
  if (content_type === null || MEDIA_TYPE.test(content_type)) return null
  return `answer.content_type: expected a media type such as application/json, found ${JSON.stringify(content_type)}`
}
