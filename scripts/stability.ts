/**
 * `node scripts/stability.ts 1.0` records the release's promises to programs in test/stability/1.0, which stay
 * unchanged.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Document, outline, write } from '../test/stability/outline.ts'
import { readDocument } from './client/document.ts'

const [release = ''] = process.argv.slice(2)
if (!/^\d+\.\d+$/.test(release)) throw new Error(`expected a release such as 1.0, found "${release}"`)
const folder = join(import.meta.dirname, '../test/stability', release)
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'api.txt'), write(outline((await readDocument()) as unknown as Document)))
