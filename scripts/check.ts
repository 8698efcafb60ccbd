/** `npm run check`: format, lint, types, unused code, generated files and the project's rules. */

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const BIOME = 'node_modules/@biomejs/biome/bin/biome'
const KNIP = 'node_modules/knip/bin/knip.js'
// The client's generator needs `typescript` as a library. This compiler is faster.
const TSC = 'node_modules/typescript-native/bin/tsc'

const steps: readonly { name: string; args: readonly string[] }[] = [
  { name: 'format and lint', args: [BIOME, 'check', '--error-on-warnings'] },
  { name: 'types', args: [TSC, '--noEmit', '-p', 'tsconfig.json'] },
  ...(existsSync(join(ROOT, 'web/tsconfig.json'))
    ? [{ name: 'types of the app', args: [TSC, '--noEmit', '-p', 'web/tsconfig.json'] }]
    : []),
  { name: 'unused', args: [KNIP, '--no-progress', '--treat-config-hints-as-errors'] },
  { name: 'client', args: ['--disable-warning=ExperimentalWarning', 'scripts/client.ts', '--check'] },
  { name: 'schema', args: ['--disable-warning=ExperimentalWarning', 'scripts/schema.ts', '--check'] },
  { name: 'options', args: ['--disable-warning=ExperimentalWarning', 'scripts/options.ts', '--check'] },
  { name: 'reference', args: ['--disable-warning=ExperimentalWarning', 'scripts/reference.ts', '--check'] },
  // `npm test` runs these with all the others.
  ...(process.argv.includes('--static')
    ? []
    : [{ name: 'project rules', args: ['--test', 'test/architecture/*.test.ts'] }]),
]

const failed: string[] = []
const waiting = [...steps]
/** Most checks keep one processor busy. */
await Promise.all([work(), work()])
if (failed.length > 0) {
  process.stdout.write(`The check failed: ${failed.join(', ')}.\n`)
  process.exitCode = 1
}

async function work(): Promise<void> {
  for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
    const { status, output } = await run(step.args)
    process.stdout.write(`${output}${status === 0 ? '✔' : '✖'} ${step.name}\n`)
    if (status !== 0) failed.push(step.name)
  }
}

function run(args: readonly string[]): Promise<{ readonly status: number | null; readonly output: string }> {
  return new Promise((resolve) => {
    const env = process.stdout.isTTY ? { ...process.env, FORCE_COLOR: '1' } : process.env
    const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('close', (status) => resolve({ status, output }))
  })
}
