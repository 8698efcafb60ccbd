/** Writes the generated parts of docs/reference, below a marking line. `--check` fails if a page differs. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeCalls } from './reference/calls.ts'
import { describeCommands } from './reference/commands.ts'
import { describeErrors } from './reference/errors.ts'
import { describeEvents } from './reference/events.ts'
import { describeLimits } from './reference/limits.ts'

const MARK = '<!-- Generated below this line by npm run reference. -->\n'

const PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  api: describeCalls,
  'command-line': describeCommands,
  errors: describeErrors,
  events: describeEvents,
  limits: describeLimits,
}

for (const [name, describe] of Object.entries(PAGES)) {
  const path = join(import.meta.dirname, '../docs/reference', `${name}.md`)
  const page = readFileSync(path, 'utf8')
  const [written = ''] = page.split(MARK)
  const wanted = `${written.trimEnd()}\n\n${MARK}\n${await describe()}\n`
  if (wanted === page) continue
  if (process.argv.includes('--check')) {
    process.stderr.write(`docs/reference/${name}.md does not say what the code says now. Run: npm run reference\n`)
    process.exitCode = 1
  } else writeFileSync(path, wanted)
}
