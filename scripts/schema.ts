/** Editors complete workflow.yaml by this schema. `--check` fails if the file is stale. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createYamlSchema } from '../src/http/api/folders/yaml-schema.ts'

const NAME = 'docs/schemas/workflow.schema.json'
const path = join(import.meta.dirname, '..', NAME)
const wanted = JSON.stringify(createYamlSchema(), null, 2)
// The formatter may change the layout.
const isFresh = existsSync(path) && JSON.stringify(JSON.parse(readFileSync(path, 'utf8')), null, 2) === wanted

if (!isFresh && process.argv.includes('--check')) {
  process.stderr.write(`${NAME} does not say what workflow.yaml may hold now. Run: npm run client\n`)
  process.exitCode = 1
} else if (!isFresh) {
  writeFileSync(path, `${wanted}\n`)
  process.stdout.write(`${NAME} is written.\n`)
}
