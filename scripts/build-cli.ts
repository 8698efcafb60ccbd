/** `npm pack` runs `build` before and `restore` after. `npx` needs no install for one file without dependencies. */

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { build } from 'rolldown'

const ROOT = resolve(import.meta.dirname, '..')
const MANIFEST = join(ROOT, 'package.json')
const KEPT = join(ROOT, '.cache/package.json.kept')
const DROPPED = new Set(['private', 'scripts', 'dependencies', 'optionalDependencies', 'devDependencies'])

/** After an interrupted pack too. */
function restore(): void {
  if (existsSync(KEPT)) renameSync(KEPT, MANIFEST)
}

async function pack(): Promise<void> {
  restore()
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true })
  await build({
    input: join(ROOT, 'cli/main.ts'),
    platform: 'node',
    logLevel: 'warn',
    output: { file: join(ROOT, 'dist/cli/main.js'), format: 'esm', codeSplitting: false, minify: false },
  })
  const whole = readFileSync(MANIFEST, 'utf8')
  mkdirSync(dirname(KEPT), { recursive: true })
  writeFileSync(KEPT, whole)
  const slim = Object.entries(JSON.parse(whole)).filter(([name]) => !DROPPED.has(name))
  writeFileSync(MANIFEST, `${JSON.stringify(Object.fromEntries(slim), null, 2)}\n`)
}

if (process.argv[2] === 'restore') restore()
else await pack()
