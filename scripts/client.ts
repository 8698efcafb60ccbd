/** `npm run client` generates the client's types and the options' reference. `--check` fails if the generated types are stale. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readDocument } from './client/document.ts'
import { writeSources } from './client/sources.ts'

const { values } = parseArgs({ options: { check: { type: 'boolean' }, root: { type: 'string' } } })
const root = resolve(values.root ?? join(import.meta.dirname, '..'))

for (const [name, source] of Object.entries(await writeSources(await readDocument()))) {
  const path = join(root, 'client/generated', name)
  if (existsSync(path) && readFileSync(path, 'utf8') === source) continue
  if (values.check === true) {
    process.stderr.write(`client/generated/${name} does not say what the API's routes say now. Run: npm run client\n`)
    process.exitCode = 1
  } else {
    writeFileSync(path, source)
    process.stdout.write(`client/generated/${name} is written.\n`)
  }
}
