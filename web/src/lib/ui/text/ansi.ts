// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character begins each sequence
const SEQUENCE = /\u001b\[([\d;]*)m/
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const ALL = /\u001b\[[\d;]*m/g

const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const
type Colour = (typeof COLOURS)[number]
type Segment = { readonly text: string; readonly colour: Colour | null; readonly isBold: boolean }

export const withoutColours = (text: string): string => text.replace(ALL, '')

/** Ignores backgrounds and other colours. */
export function splitColours(text: string): readonly Segment[] {
  const segments: Segment[] = []
  let colour: Colour | null = null
  let isBold = false
  text.split(SEQUENCE).forEach((part, index) => {
    if (index % 2 === 0) {
      if (part !== '') segments.push({ text: part, colour, isBold })
      return
    }
    for (const code of (part === '' ? '0' : part).split(';').map(Number)) {
      if (code === 0) {
        colour = null
        isBold = false
      } else if (code === 1) isBold = true
      else if (code === 22) isBold = false
      else if (code === 39) colour = null
      else colour = COLOURS[code >= 90 ? code - 90 : code - 30] ?? colour
    }
  })
  return segments
}
