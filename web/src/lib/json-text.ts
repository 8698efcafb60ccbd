/**
 * JSON that must not pass through JavaScript's numbers. Python keeps 9223372036854775808 and 1.0 as they are;
 * JSON.parse would show other values, and saving them would change what a function sees. So values of users stay text.
 */

/** The text of a JSON value, exactly as the server sent it. */

export type JsonText = string

/** Like JSON.parse, but a member whose name is in `kept` gets the text of its value instead of the value. */
export function parseKeepingText(text: string, kept: ReadonlySet<string>): unknown {
  // Refuses what is not JSON, so that the walk below only ever meets valid text.
  JSON.parse(text)
  return new Walker(text, kept).value()
}

/** The string that a JSON text holds, or null when it holds another kind of value. */
export function asString(text: JsonText): string | null {
  if (!text.startsWith('"')) return null
  const value: unknown = JSON.parse(text)
  return typeof value === 'string' ? value : null
}

/** A message when the text is not JSON, or null. */
export function jsonProblem(text: string): string | null {
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : 'not JSON'
  }
}

/** Indents JSON text without touching its numbers and strings. */
export function prettyJson(text: JsonText): string {
  if (jsonProblem(text) !== null) return text
  let depth = 0
  const newLine = () => `\n${'  '.repeat(depth)}`
  const tokens = tokensOf(text)
  return tokens
    .map((token, index) => {
      if (token === '{' || token === '[') {
        const closes = tokens[index + 1] === '}' || tokens[index + 1] === ']'
        depth += 1
        return closes ? token : token + newLine()
      }
      if (token === '}' || token === ']') {
        const opened = tokens[index - 1] === '{' || tokens[index - 1] === '['
        depth -= 1
        return opened ? token : newLine() + token
      }
      if (token === ',') return token + newLine()
      return token === ':' ? ': ' : token
    })
    .join('')
}

/** Where the string that begins at `start` ends. No regular expression: V8's overflow their stack at 8 million characters. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text[end - 1 - slashes] === '\\') slashes += 1
    if (slashes % 2 === 0) return end + 1
  }
  return text.length
}

/** The parts of valid JSON, without the space between them. */
function tokensOf(text: string): readonly string[] {
  const tokens: string[] = []
  const other = /[{}[\],:]|[^\s{}[\],:"]+|\s+/y
  for (let at = 0; at < text.length; ) {
    other.lastIndex = at
    const token = text[at] === '"' ? text.slice(at, endOfString(text, at)) : (other.exec(text)?.[0] ?? ' ')
    if (token.trim() !== '') tokens.push(token)
    at += token.length
  }
  return tokens
}

const SCALAR = /[^\s{}[\],:"]+/y
const SPACE = /\s*/y

class Walker {
  readonly #text: string
  readonly #kept: ReadonlySet<string>
  #at = 0

  constructor(text: string, kept: ReadonlySet<string>) {
    this.#text = text
    this.#kept = kept
    this.#take(SPACE)
  }

  value(): unknown {
    const first = this.#text[this.#at]
    if (first === '{') return this.#object()
    if (first === '[') return this.#array()
    const token = first === '"' ? this.#string() : this.#take(SCALAR)
    this.#take(SPACE)
    return JSON.parse(token)
  }

  #object(): Record<string, unknown> {
    const members: [string, unknown][] = []
    this.#open()
    while (!this.#closes('}')) {
      const name = String(JSON.parse(this.#string()))
      this.#take(SPACE)
      this.#open()
      members.push([name, this.#kept.has(name) ? this.#slice() : this.value()])
    }
    return Object.fromEntries(members)
  }

  #array(): unknown[] {
    const items: unknown[] = []
    this.#open()
    while (!this.#closes(']')) items.push(this.value())
    return items
  }

  /** The text of the next value; JSON null stays null, as it means "absent" wherever texts are kept. */
  #slice(): JsonText | null {
    const start = this.#at
    this.value()
    const text = this.#text.slice(start, this.#at).trim()
    return text === 'null' ? null : text
  }

  #open(): void {
    this.#at += 1
    this.#take(SPACE)
  }

  #closes(bracket: string): boolean {
    if (this.#text[this.#at] === ',') this.#open()
    if (this.#text[this.#at] !== bracket) return false
    this.#open()
    return true
  }

  #string(): string {
    const start = this.#at
    this.#at = endOfString(this.#text, start)
    return this.#text.slice(start, this.#at)
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const token = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += token.length
    return token
  }
}
