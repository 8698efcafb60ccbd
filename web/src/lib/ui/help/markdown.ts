/** The other Markdown parser is in the editor's chunk and produces HTML. */

export type Inline =
  | { readonly type: 'text' | 'code' | 'strong' | 'em'; readonly text: string }
  | { readonly type: 'link'; readonly text: string; readonly to: string }
export type Block =
  | { readonly type: 'heading'; readonly level: number; readonly content: readonly Inline[] }
  | { readonly type: 'paragraph'; readonly content: readonly Inline[] }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'list'; readonly items: readonly (readonly Inline[])[] }
  | { readonly type: 'table'; readonly head: Row; readonly rows: readonly Row[] }
type Row = readonly (readonly Inline[])[]

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\(([^)\s]+)\)/g

export function readBlocks(markdown: string): readonly Block[] {
  const lines = markdown.split('\n')
  const blocks: Block[] = []
  let at = 0
  const takeWhile = (wanted: (line: string) => boolean): string[] => {
    const start = at
    while (at < lines.length && wanted(lines[at] ?? '')) at += 1
    return lines.slice(start, at)
  }
  while (at < lines.length) {
    const line = lines[at] ?? ''
    if (line.startsWith('```')) {
      at += 1
      blocks.push({ type: 'code', text: takeWhile((next) => !next.startsWith('```')).join('\n') })
      at += 1
    } else if (line.startsWith('#')) {
      at += 1
      const level = /^#+/.exec(line)?.[0].length ?? 1
      blocks.push({ type: 'heading', level, content: readInline(line.slice(level).trim()) })
    } else if (line.startsWith('|')) {
      const [head = [], , ...rows] = takeWhile((next) => next.startsWith('|')).map(readRow)
      blocks.push({ type: 'table', head, rows })
    } else if (line.startsWith('- ')) {
      blocks.push({ type: 'list', items: readItems(takeWhile((next) => /^(- | {2}\S)/.test(next))) })
    } else if (line.trim() === '') {
      at += 1
    } else {
      blocks.push({ type: 'paragraph', content: readInline(takeWhile(isOfParagraph).join(' ')) })
    }
  }
  return blocks
}

const isOfParagraph = (line: string): boolean => line.trim() !== '' && !/^(```|#|\||- )/.test(line)

const readRow = (line: string): Row =>
  line
    .replace(/^\||\|\s*$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => readInline(cell.replaceAll('\\|', '|').trim()))

/** Indented lines continue the item above. */
function readItems(lines: readonly string[]): readonly (readonly Inline[])[] {
  const items: string[] = []
  for (const line of lines) {
    if (line.startsWith('- ')) items.push(line.slice(2))
    else items.push(`${items.pop() ?? ''} ${line.trim()}`)
  }
  return items.map(readInline)
}

export function readInline(text: string): readonly Inline[] {
  const parts: Inline[] = []
  let from = 0
  for (const found of text.matchAll(INLINE)) {
    const [whole, code, strong, em, words = '', to = ''] = found
    if (found.index > from) parts.push({ type: 'text', text: text.slice(from, found.index) })
    if (code !== undefined) parts.push({ type: 'code', text: code })
    else if (strong !== undefined) parts.push({ type: 'strong', text: strong })
    else if (em !== undefined) parts.push({ type: 'em', text: em })
    else parts.push({ type: 'link', text: words, to })
    from = found.index + whole.length
  }
  if (from < text.length) parts.push({ type: 'text', text: text.slice(from) })
  return parts
}
