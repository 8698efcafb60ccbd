import { ApiError } from '../client/api.ts'
import { serverWords } from '../notices/server-words.ts'

const ABOUT_FIELD = /^([a-z_]{1,64}(?:[.[][\w.[\]]{0,64})?): (.{1,2000})$/s

type FieldErrors<F extends string> = {
  readonly of: (field: F) => string | undefined
  /** An error that no field shows. */
  readonly rest: Error | null
}

/** `fields`: paths in the API, such as `config.url`. They include their parts. */
export function fieldErrors<F extends string>(error: Error | null, fields: readonly F[]): FieldErrors<F> {
  const [, path = '', sentence = ''] =
    error instanceof ApiError && error.status === 400 ? (ABOUT_FIELD.exec(error.message) ?? []) : []
  const found = fields.find((field) => path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`))
  return {
    of: (field) => (field === found ? capitalized(serverWords(sentence)) : undefined),
    rest: found === undefined ? error : null,
  }
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
