/** Reads a member of a JSON object without reading its value: what a user sent stays the text that it was. */

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

/** A JSON object: not null, not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
