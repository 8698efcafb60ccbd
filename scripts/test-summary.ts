/**
 * A reporter of Node's test runner: says at the end which files took longest, so that the run's time can be kept down.
 * Where FAILURES_FILE names a file, the failed tests with their errors are written there, to be shown again later.
 */

import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

const FILES_SHOWN = 25
/** Of a longer error, only both ends are shown: its whole text is above, where it happened. */
const FIRST_CHARACTERS = 1000
const LAST_CHARACTERS = 5000

type Failure = Extract<TestEvent, { type: 'test:fail' }>['data']

/** Yields one text after the last event: seconds and path of the slowest files. Nothing where a single file ran. */
// biome-ignore lint/style/noDefaultExport: the test runner takes the default export of a reporter
export default async function* summarize(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files: { readonly seconds: number; readonly path: string }[] = []
  const failures: string[] = []
  for await (const { type, data } of events) {
    if (type === 'test:fail') failures.push(describe(data))
    if (type !== 'test:summary' || data.file === undefined) continue
    files.push({ seconds: data.duration_ms / 1000, path: relative(process.cwd(), data.file) })
  }
  const { FAILURES_FILE } = process.env
  if (FAILURES_FILE !== undefined) writeFileSync(FAILURES_FILE, failures.join(''))
  if (files.length < 2) return
  const slowest = files.toSorted((a, b) => b.seconds - a.seconds).slice(0, FILES_SHOWN)
  const lines = slowest.map(({ seconds, path }) => `${seconds.toFixed(1).padStart(7)} s  ${path}`)
  yield `\nThe slowest of ${files.length} files:\n${lines.join('\n')}\n`
}

const describe = ({ file = '', line, name, details }: Failure): string =>
  `\n✖ ${relative(process.cwd(), file)}:${line} ${name}\n${shorten(inspect(details.error.cause ?? details.error))}\n`

const shorten = (text: string): string =>
  text.length <= FIRST_CHARACTERS + LAST_CHARACTERS
    ? text
    : `${text.slice(0, FIRST_CHARACTERS)}\n…\n${text.slice(-LAST_CHARACTERS)}`
