/** `npm run map`: draws the folders of `src` and their imports into docs/architecture.svg. `--check` fails if the map is stale. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { draw } from './architecture-map/draw.ts'
import { readParts } from './architecture-map/graph.ts'
import { layOut } from './architecture-map/layout.ts'

const { values } = parseArgs({ options: { check: { type: 'boolean' }, root: { type: 'string' } } })
const root = resolve(values.root ?? join(import.meta.dirname, '..'))
const path = join(root, 'docs/architecture.svg')

const drawn = draw(await layOut(readParts(root)))
if (values.check !== true) {
  writeFileSync(path, drawn)
  process.stdout.write('docs/architecture.svg is drawn.\n')
} else if (!existsSync(path) || readFileSync(path, 'utf8') !== drawn) {
  process.stderr.write('docs/architecture.svg does not show what src imports now. Run: npm run map\n')
  process.exitCode = 1
}
