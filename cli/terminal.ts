import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { visibleJson, visibleText } from '../src/domain/shared/control-characters.ts'
import type { Environment } from './environment.ts'

export type Colours = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', (text: string) => string>>

export type Terminal = {
  readonly paint: Colours
  readonly width: number
  print(line: string): void
  note(line: string): void
  /** On one line with `indent` 0. */
  json(value: unknown, indent?: number): void
}

type Output = Pick<NodeJS.WriteStream, 'write' | 'isTTY'>

/** A placeholder for the escape character, which text from outside can't contain. */
const ESCAPE = randomUUID()

/** Only `paint` sends control characters to a terminal. A file or a pipe gets the raw text. */
export function createTerminal(
  { hasColours, width }: Pick<Environment, 'hasColours' | 'width'>,
  { stdout, stderr }: { readonly stdout: Output; readonly stderr: Output } = process,
): Terminal {
  const write = (output: Output, text: string): void => {
    const parts = text.split(ESCAPE)
    output.write(`${(output.isTTY ? parts.map(visibleText) : parts).join('\u001b')}\n`)
  }
  return {
    paint: hasColours ? colours(styled) : colours((text) => text),
    width,
    print: (line) => write(stdout, line),
    note: (line) => write(stderr, line),
    json: (value, indent = 2) => write(stdout, visibleJson(JSON.stringify(value, null, indent))),
  }
}

type Style = (text: string, name: keyof Colours) => string

const colours = (style: Style): Colours => ({
  bold: (text) => style(text, 'bold'),
  dim: (text) => style(text, 'dim'),
  red: (text) => style(text, 'red'),
  green: (text) => style(text, 'green'),
  yellow: (text) => style(text, 'yellow'),
  cyan: (text) => style(text, 'cyan'),
})

function styled(text: string, name: keyof Colours): string {
  const [on, off] = inspect.colors[name] ?? [0, 0]
  return `${ESCAPE}[${on}m${text}${ESCAPE}[${off}m`
}

export function warn({ note, paint }: Terminal, warnings: readonly { readonly message: string }[]): void {
  for (const { message } of warnings) note(paint.yellow(`warning: ${message}`))
}

/** Cuts the last column at `width`. */
export function layOut(cells: readonly (readonly string[])[], width: number): readonly string[] {
  const rows = cells.map((row) => row.map((cell) => cell.replace(/[\t\n\r]/g, ' ')))
  const widths = rows.reduce<number[]>((found, row) => row.map((cell, at) => Math.max(found[at] ?? 0, cell.length)), [])
  return rows.map((row) => {
    const line = row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
    return line.length <= width ? line : `${line.slice(0, width - 1)}…`
  })
}

const SECOND = 1000
const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400 * SECOND],
  ['h', 3600 * SECOND],
  ['m', 60 * SECOND],
  ['s', SECOND],
]

export function ago(time: string, now: number): string {
  const ms = Math.max(0, now - Date.parse(time))
  const [name, size] = UNITS.find(([, unit]) => ms >= unit) ?? ['s', SECOND]
  return `${Math.floor(ms / size)}${name} ago`
}

export function parseDuration(text: string): number | null {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const size = UNITS.find(([name]) => name === unit)?.[1]
  return size === undefined ? null : Number(amount) * size
}

export const duration = (ms: number | null): string =>
  ms === null ? '' : ms < SECOND ? `${Math.round(ms)} ms` : `${(ms / SECOND).toFixed(1)} s`
