/**
 * JSON.parse would change 9223372036854775808 and 1.0, which Python keeps. So members with arbitrary JSON
 * (`JSON_MEMBERS`) stay text.
 */

/** The exact text of a JSON value. */
export type JsonText = string

/** Members by name, `*` for items of a list, true for the text itself. */
export type JsonTree = true | { readonly [name: string]: JsonTree }

/** Trees by method and path. */
export type JsonMembers = Readonly<Record<string, { readonly request?: JsonTree; readonly answer?: JsonTree }>>

/** JSON.parse that keeps the text of values in the tree. Their JSON null becomes null. */
export function parseJson(text: string, tree: JsonTree | undefined): unknown {
  // Throws for invalid JSON: the walk below needs valid text.
  const value: unknown = JSON.parse(text)
  return tree === undefined ? value : new Walker(text).value(tree)
}

/** Copies the texts in the tree unchanged. Throws a SyntaxError for invalid JSON. */
export function stringifyJson(value: unknown, tree: JsonTree | undefined): string {
  if (tree === undefined || value === null || typeof value !== 'object') {
    return tree === true && typeof value === 'string' ? assertJson(value) : JSON.stringify(value)
  }
  if (tree === true) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map((item) => stringifyJson(item ?? null, tree['*'])).join(',')}]`
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${stringifyJson(member, memberOf(tree, name))}`).join(',')}}`
}

function assertJson(text: JsonText): JsonText {
  JSON.parse(text)
  return text
}

const memberOf = (tree: JsonTree | undefined, name: string): JsonTree | undefined =>
  typeof tree === 'object' && Object.hasOwn(tree, name) ? tree[name] : undefined

/** Keeps numbers, strings, and text that is no JSON. */
export function prettyJson(text: string): string {
  if (!isJson(text)) return text
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

/** Regular expressions overflow V8's stack at 8 million characters. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text[end - 1 - slashes] === '\\') slashes += 1
    if (slashes % 2 === 0) return end + 1
  }
  return text.length
}

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

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const SCALAR = /[^\s{}[\],:"]+/y
const SPACE = /\s*/y

class Walker {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
    this.#take(SPACE)
  }

  value(tree: JsonTree | undefined): unknown {
    if (tree === true) return this.#slice()
    const first = this.#text[this.#at]
    if (first === '{') return this.#object(tree)
    if (first === '[') return this.#array(memberOf(tree, '*'))
    const token = first === '"' ? this.#string() : this.#take(SCALAR)
    this.#take(SPACE)
    return JSON.parse(token)
  }

  #object(tree: JsonTree | undefined): Record<string, unknown> {
    const members: [string, unknown][] = []
    this.#open()
    while (!this.#closes('}')) {
      const name = String(JSON.parse(this.#string()))
      this.#take(SPACE)
      this.#open()
      members.push([name, this.value(memberOf(tree, name))])
    }
    return Object.fromEntries(members)
  }

  #array(tree: JsonTree | undefined): unknown[] {
    const items: unknown[] = []
    this.#open()
    while (!this.#closes(']')) items.push(this.value(tree))
    return items
  }

  /** JSON null becomes null, which means "absent" for texts. */
  #slice(): JsonText | null {
    const start = this.#at
    this.value(undefined)
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
