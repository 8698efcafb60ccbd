/** `npm run map`: draws the folders of `src` and their imports into docs/house.svg. `--check` fails if the map is stale. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { draw } from './house-map/draw.ts'
import { readHouse } from './house-map/graph.ts'
import { layOut } from './house-map/layout.ts'

const { values } = parseArgs({ options: { check: { type: 'boolean' }, root: { type: 'string' } } })
const root = resolve(values.root ?? join(import.meta.dirname, '..'))
const path = join(root, 'docs/house.svg')

const drawn = draw(await layOut(readHouse(root)))
if (values.check !== true) {
  writeFileSync(path, drawn)
  process.stdout.write('docs/house.svg is drawn.\n')
} else if (!existsSync(path) || readFileSync(path, 'utf8') !== drawn) {
  process.stderr.write('docs/house.svg does not show what src imports now. Run: npm run map\n')
  process.exitCode = 1
}
