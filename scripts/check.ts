/** `npm run check`: format, lint, types, unused code and the house's own rules. Runs them all and fails if any of them did. */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const BIOME = 'node_modules/@biomejs/biome/bin/biome'
const KNIP = 'node_modules/knip/bin/knip.js'
// `typescript` is the compiler as a library, which the generator of the client needs; this one is the fast one.
const TSC = 'node_modules/typescript-native/bin/tsc'

const steps: readonly { name: string; args: readonly string[] }[] = [
  { name: 'format and lint', args: [BIOME, 'check', '--error-on-warnings'] },
  { name: 'types', args: [TSC, '--noEmit', '-p', 'tsconfig.json'] },
  ...(existsSync(join(ROOT, 'web/tsconfig.json'))
    ? [{ name: 'types of the app', args: [TSC, '--noEmit', '-p', 'web/tsconfig.json'] }]
    : []),
  // Files, exports and packages that nothing uses; knip.json says where the program begins.
  { name: 'unused', args: [KNIP, '--no-progress', '--treat-config-hints-as-errors'] },
  { name: 'client', args: ['--disable-warning=ExperimentalWarning', 'scripts/client.ts', '--check'] },
  { name: 'schema', args: ['--disable-warning=ExperimentalWarning', 'scripts/schema.ts', '--check'] },
  // `npm test` runs these with all the others.
  ...(process.argv.includes('--static') ? [] : [{ name: 'house', args: ['--test', 'test/house/*.test.ts'] }]),
]

const failed = steps.filter(({ name, args }) => {
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] })
  process.stdout.write(`${status === 0 ? '✔' : '✖'} ${name}\n`)
  return status !== 0
})
if (failed.length > 0) {
  process.stdout.write(`The check failed: ${failed.map(({ name }) => name).join(', ')}.\n`)
  process.exitCode = 1
}
