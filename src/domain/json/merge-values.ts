/** Merges text, because parsing would round large integers and move numeric keys to the front. */

export const ATOMIC = ['counter', 'set', 'map'] as const
export type Atomic = (typeof ATOMIC)[number]

/** Null: absent. */
export type Versions = {
  readonly base: string | null
  readonly mine: string | null
  readonly theirs: string | null
}

export type MergedValue = {
  readonly value: string | null
  /** Where the merge keeps `mine`. The empty path is the whole value. */
  readonly conflicts: readonly (readonly string[])[]
}

/** Merges objects by key at every depth, and atomic operations. Keeps `mine` of other values. */
export function mergeValues({ base, mine, theirs }: Versions, atomic?: Atomic): MergedValue {
  const versions = { base: normalize(base), mine: normalize(mine), theirs: normalize(theirs) }
  const conflicts: (readonly string[])[] = []
  const value =
    atomic === 'counter'
      ? mergeNumbers(versions)
      : atomic === 'set'
        ? mergeLists(versions)
        : mergeObjects([], versions, conflicts, atomic === 'map')
  return value === null ? { value: mine, conflicts: [[]] } : { value, conflicts }
}

/** `isBlind`: the run stored entries without reading the previous ones. Null: a value is no object. */
function mergeObjects(
  path: readonly string[],
  { base, mine, theirs }: Versions,
  conflicts: (readonly string[])[],
  isBlind: boolean,
): string | null {
  const [before, my, their] = [
    base === null ? new Map<string, string>() : members(base),
    members(mine),
    members(theirs),
  ]
  if (before === null || my === null || their === null) return null
  const merged = new Map(their)
  for (const key of new Set([...before.keys(), ...my.keys()])) {
    const at = { base: before.get(key) ?? null, mine: my.get(key) ?? null, theirs: their.get(key) ?? null }
    const value = isBlind && at.mine !== at.base ? at.mine : mergeMember([...path, key], at, conflicts)
    if (value === null) merged.delete(key)
    else merged.set(key, value)
  }
  return `{${[...merged].map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`
}

function mergeMember(path: readonly string[], versions: Versions, conflicts: (readonly string[])[]): string | null {
  const { base, mine, theirs } = versions
  if (theirs === base || theirs === mine) return mine
  if (mine === base) return theirs
  const merged = mergeObjects(path, versions, conflicts, false)
  if (merged === null) conflicts.push(path)
  return merged ?? mine
}

const INTEGER = /^-?\d+$/
const NUMBER = /^-?\d/

/** Null: one is not a number, or the sum is too large. */
function mergeNumbers({ base, mine, theirs }: Versions): string | null {
  const texts = [theirs ?? '', mine ?? '', base ?? '0'] as const
  if (!texts.every((text) => NUMBER.test(text))) return null
  if (texts.every((text) => INTEGER.test(text))) {
    return String(BigInt(texts[0]) + BigInt(texts[1]) - BigInt(texts[2]))
  }
  const sum = Number(texts[0]) + (Number(texts[1]) - Number(texts[2]))
  if (!Number.isFinite(sum)) return null
  // Python reads `3` as an int, but a float was added.
  return Number.isInteger(sum) && !String(sum).includes('e') ? `${sum}.0` : String(sum)
}

function mergeLists({ base, mine, theirs }: Versions): string | null {
  const [before, my, their] = [base === null ? [] : items(base), items(mine), items(theirs)]
  if (before === null || my === null || their === null) return null
  const [old, now] = [new Set(before), new Set(my)]
  const kept = their.filter((item) => now.has(item) || !old.has(item))
  const there = new Set(kept)
  return `[${[...kept, ...my.filter((item) => !old.has(item) && !there.has(item))].join(',')}]`
}

const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g

/** Programs write spaces and escapes differently. */
function normalize(text: string | null): string | null {
  if (text === null || !/[\s\\]/.test(text)) return text
  const tokens = text.match(TOKENS) ?? []
  return tokens.map((token) => (token.includes('\\') ? JSON.stringify(JSON.parse(token)) : token)).join('')
}

function members(text: string | null): ReadonlyMap<string, string> | null {
  if (text?.startsWith('{') !== true) return null
  const found = new Map<string, string>()
  for (const member of split(text)) {
    const end = stringEnd(member, 0) + 1
    const name = member.slice(0, end)
    found.set(name.includes('\\') ? (JSON.parse(name) as string) : name.slice(1, -1), member.slice(end + 1))
  }
  return found
}

function items(text: string | null): readonly string[] | null {
  return text?.startsWith('[') === true ? split(text) : null
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d]

function split(text: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let start = 1
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = stringEnd(text, at)
    else if (code === OPEN_OBJECT || code === OPEN_LIST) depth += 1
    else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth -= 1
    if (depth !== 0 && !(code === COMMA && depth === 1)) continue
    if (at > start) parts.push(text.slice(start, at))
    start = at + 1
  }
  return parts
}

function stringEnd(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let escapes = 0
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes += 1
    if (escapes % 2 === 0) return end
  }
}
