/** The block of PEP 723. */

export type Block = {
  readonly dependencies: readonly string[]
  readonly requiresPython: string | null
}

type Text = { readonly start: number; readonly end: number; readonly value: string }
type Place = { readonly opening: number; readonly closing: number; readonly content: string }
/** Content offsets: after `[`, and of `]`. */
type List = { readonly start: number; readonly end: number; readonly items: readonly Text[] }

const OPENING = '# /// script'
const CLOSING = '# ///'

/** `unreadable`: only a person can edit the block. */
export function readBlock(source: string): Block | 'unreadable' | null {
  const place = findPlace(source)
  if (place === null) return source.split('\n').includes(OPENING) ? 'unreadable' : null
  const list = findList(place.content)
  if (list === 'unreadable') return list
  const python = /^requires-python[ \t]*=[ \t]*(["'])(.*?)\1/m.exec(topLevel(place.content))
  return { dependencies: list?.items.map(({ value }) => value) ?? [], requiresPython: python?.[2] ?? null }
}

/** Needs a readable block. */
export function addRequirement(source: string, requirement: string): string {
  const place = findPlace(source)
  const item = JSON.stringify(requirement)
  if (place === null) {
    const [first = '', ...rest] = source.split('\n')
    const block = [OPENING, `# dependencies = [${item}]`, CLOSING]
    return first.startsWith('#!') ? [first, ...block, ...rest].join('\n') : [...block, source].join('\n')
  }
  const { content } = place
  const list = findList(content)
  if (list === 'unreadable') return source
  if (list === null)
    return replaceContent(source, place, `dependencies = [${item}]${content === '' ? '' : `\n${content}`}`)
  const last = list.items.at(-1)
  const at = last?.end ?? list.start
  const rest = content.slice(at, list.end)
  const comma = rest.indexOf(',')
  const isTall = content.slice(list.start, list.end).includes('\n')
  const before = last === undefined || comma !== -1 ? '' : ','
  const from = comma === -1 ? at : at + comma + 1
  const space = isTall ? '\n    ' : last === undefined ? '' : ' '
  return replaceContent(
    source,
    place,
    `${content.slice(0, from)}${before}${space}${item}${isTall ? ',' : ''}${content.slice(from)}`,
  )
}

export function removeRequirement(source: string, index: number): string {
  const place = findPlace(source)
  const list = place === null ? null : findList(place.content)
  const item = list === null || list === 'unreadable' ? undefined : list.items[index]
  if (place === null || list === null || list === 'unreadable' || item === undefined) return source
  const { content } = place
  const next = list.items[index + 1]
  const previous = list.items[index - 1]
  // With the comma after it, or before the last.
  const [start, end] =
    next !== undefined
      ? [item.start, next.start]
      : [previous?.end ?? list.start, previous === undefined ? list.end : item.end]
  return replaceContent(source, place, content.slice(0, start) + content.slice(end))
}

/** Empty without a name. */
export function nameOf(requirement: string): string {
  const name = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?/.exec(requirement.trim())?.[0] ?? ''
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-')
}

/** Null unless a module is missing. */
export function missingRequirement(message: string | null | undefined): string | null {
  return /Add "([^"]+)" to the dependencies in the block/.exec(message ?? '')?.[1] ?? null
}

function findPlace(source: string): Place | null {
  const lines = source.split('\n')
  const opening = lines.indexOf(OPENING)
  if (opening === -1) return null
  const inside = lines.slice(opening + 1)
  const length = inside.findIndex((line) => line !== '#' && !line.startsWith('# '))
  const closing = (length === -1 ? inside : inside.slice(0, length)).lastIndexOf(CLOSING)
  if (closing === -1) return null
  const content = inside.slice(0, closing).map((line) => line.slice(line.startsWith('# ') ? 2 : 1))
  return { opening, closing: opening + 1 + closing, content: content.join('\n') }
}

function replaceContent(source: string, { opening, closing }: Place, content: string): string {
  const lines = source.split('\n')
  const inside = content.split('\n').map((line) => (line === '' ? '#' : `# ${line}`))
  return [...lines.slice(0, opening + 1), ...inside, ...lines.slice(closing)].join('\n')
}

function topLevel(content: string): string {
  const table = /^\[/m.exec(content)
  return table === null ? content : content.slice(0, table.index)
}

function findList(content: string): List | 'unreadable' | null {
  const head = /^dependencies[ \t]*=[ \t]*/m.exec(topLevel(content))
  if (head === null) return null
  const start = head.index + head[0].length
  if (content[start] !== '[') return 'unreadable'
  const items: Text[] = []
  for (let at = start + 1; at < content.length; ) {
    const rest = content.slice(at)
    const text = /^"([^"\\\n]*)"|^'([^'\n]*)'/.exec(rest)
    const other = /^(?:[ \t\n,]+|#[^\n]*)/.exec(rest)
    if (rest.startsWith(']')) return { start: start + 1, end: at, items }
    if (text !== null) items.push({ start: at, end: at + text[0].length, value: text[1] ?? text[2] ?? '' })
    const length = (text ?? other)?.[0].length
    if (length === undefined) return 'unreadable'
    at += length
  }
  return 'unreadable'
}
