/** `npm run schema`: writes docs/schemas/workflow.schema.json, by which editors complete workflow.yaml. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createYamlSchema } from '../src/http/api/folders/yaml-schema.ts'

const path = join(import.meta.dirname, '../docs/schemas/workflow.schema.json')
writeFileSync(path, `${JSON.stringify(createYamlSchema(), null, 2)}\n`)
process.stdout.write('docs/schemas/workflow.schema.json is written.\n')
