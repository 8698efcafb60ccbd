/** Inline script metadata (PEP 723). */

import { PackagesError } from './packages-error.ts'

/** Line n of the TOML `content` is line `line + n` of the source. */
export type ScriptBlock = { readonly line: number; readonly content: string }

const OPENING = /^# \/\/\/ ([a-zA-Z0-9-]+)$/
const CLOSING = '# ///'

/** Throws a PackagesError for a second or unclosed block. */
export function findScriptBlock(source: string): ScriptBlock | null {
  const lines = source.split(/\r\n|\r|\n/)
  let found: ScriptBlock | null = null
  for (let at = 0; at < lines.length; at += 1) {
    const type = OPENING.exec(lines[at] ?? '')?.[1]
    if (type === undefined) continue
    const end = closingOf(lines, at)
    if (type === 'script') {
      if (end === null) throw unclosed(at + 1)
      if (found !== null) throw twice(found.line, at + 1)
      found = {
        line: at + 1,
        content: lines
          .slice(at + 1, end)
          .map(withoutHash)
          .join('\n'),
      }
    }
    if (end !== null) at = end
  }
  return found
}

/** The last `# ///` in the comment lines after the opening, as in PEP 723. */
function closingOf(lines: readonly string[], opening: number): number | null {
  let closing: number | null = null
  for (let at = opening + 1; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    if (line !== '#' && !line.startsWith('# ')) break
    // The rest belongs to another block.
    if (OPENING.test(line) && closing !== null) break
    if (line === CLOSING) closing = at
  }
  return closing
}

const withoutHash = (line: string): string => (line.startsWith('# ') ? line.slice(2) : line.slice(1))

const unclosed = (line: number): PackagesError =>
  new PackagesError(
    'Expected the block `# /// script` to end with a line `# ///`, with only comment lines before it; found no such line',
    line,
  )

const twice = (first: number, second: number): PackagesError =>
  new PackagesError(
    `Expected one block \`# /// script\`, found a second one (the first one is in line ${first}). Put all packages into one block`,
    second,
  )
