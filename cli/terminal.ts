/** What the commands print. */

import pico from 'picocolors'
import type { Environment } from './environment.ts'

export type Colours = ReturnType<typeof pico.createColors>

export type Terminal = {
  readonly paint: Colours
  readonly width: number
  /** A line of the result. */
  print(line: string): void
  /** A line about what happens, which is no result: it goes to standard error. */
  note(line: string): void
  /** The result as JSON. */
  json(value: unknown): void
}

export function createTerminal({ hasColours, width }: Environment): Terminal {
  return {
    paint: pico.createColors(hasColours),
    width,
    print: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
    json: (value) => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
  }
}

/** Rows in columns; the last column is cut where the line would be longer than `width`. */
export function layOut(rows: readonly (readonly string[])[], width: number): readonly string[] {
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

/** `3m ago`, for a time of the API. */
export function ago(time: string, now: number): string {
  const ms = Math.max(0, now - Date.parse(time))
  const [name, size] = UNITS.find(([, unit]) => ms >= unit) ?? ['s', SECOND]
  return `${Math.floor(ms / size)}${name} ago`
}

/** Milliseconds of `90s`, `15m`, `1h` or `7d`; null for anything else. */
export function parseDuration(text: string): number | null {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const size = UNITS.find(([name]) => name === unit)?.[1]
  return size === undefined ? null : Number(amount) * size
}

/** `34 ms`, `1.2 s`. */
export const duration = (ms: number | null): string =>
  ms === null ? '' : ms < SECOND ? `${Math.round(ms)} ms` : `${(ms / SECOND).toFixed(1)} s`
