/** A reporter of Node's test runner: every failed test with its error, to be shown again after the tests that run later. */

import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

/** Of a longer error, only both ends are shown: its whole text is above, where it happened. */
const FIRST_CHARACTERS = 1000
const LAST_CHARACTERS = 5000

/** Yields place, name and error of each test that failed. */
// biome-ignore lint/style/noDefaultExport: the test runner takes the default export of a reporter
export default async function* failedTests(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type !== 'test:fail' || event.data.todo !== undefined) continue
    const { file = '', line, name, details } = event.data
    yield `\n✖ ${relative(process.cwd(), file)}:${line} ${name}\n${shorten(inspect(details.error.cause ?? details.error))}\n`
  }
}

const shorten = (text: string): string =>
  text.length <= FIRST_CHARACTERS + LAST_CHARACTERS
    ? text
    : `${text.slice(0, FIRST_CHARACTERS)}\n…\n${text.slice(-LAST_CHARACTERS)}`
