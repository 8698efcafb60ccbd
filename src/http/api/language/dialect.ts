export type Insert = { readonly at: number; readonly text: string }

export type Annotated = {
  readonly text: string
  readonly line: number
  readonly inserts: readonly Insert[]
  readonly lines: number
}

export type ExtraFile = string | { readonly link: string }

export type Dialect = {
  readonly source: string
  /** Returns null for no such function, annotations, or parameters on several lines. */
  annotate(source: string): Annotated | null
  hide(texts: readonly string[]): readonly string[]
  show(message: string): string
  extraFiles(): Readonly<Record<string, ExtraFile>>
  readonly isAsked: boolean
}

export function insertInLine(text: string, start: number, inserts: readonly Insert[], after: string): Annotated {
  const end = text.indexOf('\n', start)
  const lineNumber = countNewlines(text, start)
  const line = text.slice(start, end === -1 ? undefined : end)
  let shown = ''
  let from = 0
  for (const insert of inserts) {
    shown += line.slice(from, insert.at) + insert.text
    from = insert.at
  }
  shown += line.slice(from)
  return {
    text: `${text.slice(0, start)}${shown}${end === -1 ? '' : text.slice(end)}${after}`,
    line: lineNumber,
    inserts,
    lines: countNewlines(text, text.length) + 1,
  }
}

function countNewlines(text: string, end: number): number {
  let count = 0
  for (let at = text.indexOf('\n'); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count += 1
  return count
}
