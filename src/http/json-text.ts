/**
 * JSON as text. The server checks users' JSON and passes it on, byte for byte: a round trip through
 * JavaScript's own values would turn 9223372036854775808 into ...776000 and 1.0 into 1.
 */

/** JSON text that `stringify` puts into a document as it is. */
export class RawJson {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** `JSON.stringify` that leaves the text of RawJson values alone. */
export function stringify(value: unknown): string {
  if (value instanceof RawJson) return value.text
  if (Array.isArray(value)) return `[${value.map((item) => stringify(item ?? null)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${stringify(member)}`).join(',')}}`
}

/** The exact text of a member of a JSON object; of equal keys the last one counts. `text` must be valid JSON. */
export function memberText(text: string, key: string): string | undefined {
  let at = skipSpace(text, 0)
  if (text[at] !== '{') return undefined
  let found: string | undefined
  at = skipSpace(text, at + 1)
  while (text[at] === '"') {
    const keyEnd = skipValue(text, at)
    const name: unknown = JSON.parse(text.slice(at, keyEnd))
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1)
    const end = skipValue(text, start)
    if (name === key) found = text.slice(start, end)
    at = skipSpace(text, end)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return found
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at += 1
  return at
}

/** Where the value that begins at `from` ends. */
function skipValue(text: string, from: number): number {
  let at = from
  let depth = 0
  do {
    const char = text[at]
    if (char === '"') at = skipString(text, at)
    else if (char === '{' || char === '[') {
      depth += 1
      at += 1
    } else if (char === '}' || char === ']') {
      depth -= 1
      at += 1
    } else if (depth > 0) at += 1
    else at = skipScalar(text, at)
  } while (depth > 0)
  return at
}

function skipString(text: string, from: number): number {
  let at = from + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function skipScalar(text: string, from: number): number {
  let at = from
  while (at < text.length && !',}] \n\r\t'.includes(text.charAt(at))) at += 1
  return at
}
