import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'

const FILES_SHOWN = 25

/** Prints nothing for a single file. */
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
