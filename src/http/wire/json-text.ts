/**
 * JSON as text. The server checks users' JSON and passes it on byte for byte: JavaScript's own values
 * would turn 9223372036854775808 into ...776000 and 1.0 into 1.
 */

/** JSON text that `stringify` copies into a document unchanged. */
export class RawJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** `JSON.stringify` that copies the text of RawJson values unchanged. */
export function stringify(value: unknown): string {
  if (value instanceof RawJson) return value.text
  if (Array.isArray(value)) return `[${value.map((item) => stringify(item ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${stringify(member)}`).join(',')}}`
}
