/** A reporter of Node's test runner: says at the end which files took longest, so that the run's time can be kept down. */

import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'

const FILES_SHOWN = 25

/** Yields one text after the last event: seconds and path of the slowest files. Nothing where a single file ran. */
// biome-ignore lint/style/noDefaultExport: the test runner takes the default export of a reporter
export default async function* summarize(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files: { readonly seconds: number; readonly path: string }[] = []
  for await (const { type, data } of events) {
    if (type !== 'test:summary' || data.file === undefined) continue
    files.push({ seconds: data.duration_ms / 1000, path: relative(process.cwd(), data.file) })
  }
  if (files.length < 2) return
  const slowest = files.toSorted((a, b) => b.seconds - a.seconds).slice(0, FILES_SHOWN)
  const lines = slowest.map(({ seconds, path }) => `${seconds.toFixed(1).padStart(7)} s  ${path}`)
  yield `\nThe slowest of ${files.length} files:\n${lines.join('\n')}\n`
}
