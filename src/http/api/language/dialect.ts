/** What differs between the languages of the editor's language servers. */

/** A text that is inserted at a column of a line. */
export type Insert = { readonly at: number; readonly text: string }

/** The text of the source with the types of the parameters, all on one line. `lines`: how many of them are the person's. */
export type Annotated = {
  readonly text: string
  readonly line: number
  readonly inserts: readonly Insert[]
  readonly lines: number
}

/** A file beside the code: its text, or the target of a symbolic link. */
export type ExtraFile = string | { readonly link: string }

export type Dialect = {
  /** The name of the file that holds the source. */
  readonly source: string
  /** Null when there is nothing to annotate: no such function, types of the person's own, or parameters over several lines. */
  annotate(source: string): Annotated | null
  /** Returns the texts of one message as the language server sees them; their positions are the same. */
  hide(texts: readonly string[]): readonly string[]
  /** A message of the language server in the person's words. */
  show(message: string): string
  /** By path, in the folder of the code. They may become more with each text that is hidden. */
  extraFiles(): Readonly<Record<string, ExtraFile>>
  /** Whether the language server has to be asked for mistakes, and told of changed files. */
  readonly isAsked: boolean
}

/** Inserts into the line that starts at `start`, and appends `after` to the text. */
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
