/**
 * `npm test`: the static check and the main tests. `npm test -- FILE…`: these files or folders. `npm run test:all --
 * --shard 2/6`: the second sixth of all tests.
 */

import { spawn } from 'node:child_process'
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { startSharedPostgres } from '../test/helpers/databases.ts'
import { startSharedServers } from '../test/helpers/shared-servers.ts'
import { findFastTests, findQuickTests, SLOW_NAMES } from './fast-tests.ts'
import { findMainTests } from './main-tests.ts'
import { groupTests, mayShareProcess } from './test-groups.ts'
import { orderTests, readShard, type Shard, takeShard } from './test-order.ts'

const ROOT = join(import.meta.dirname, '..')
const QUIET = '--disable-warning=ExperimentalWarning'
const REPORTERS = ['spec', './scripts/test-summary.ts'].flatMap((reporter) => [
  `--test-reporter=${reporter}`,
  '--test-reporter-destination=stdout',
])
// No file may block the run.
const RUNNER = ['--test', '--test-timeout=600000', ...REPORTERS]
/** Many files wait half of their time. */
const AT_ONCE = 3

const environment = withoutConfiguration(process.env)
const [first, ...rest] = process.argv.slice(2)
if (first === '--fast')
  process.exitCode = await runGiven([`--test-skip-pattern=${SLOW_NAMES}`, ...rest, ...findFastTests(ROOT)])
else if (first === '--all')
  process.exitCode = await runWhole(globSync('test/**/*.test.ts', { cwd: ROOT }), readShard(rest))
else if (first === undefined) process.exitCode = await runWhole(findMainTests(ROOT), { index: 1, count: 1 })
else process.exitCode = await runGiven([first, ...rest].map(withFolders))

async function withShared(runTests: (env: Readonly<Record<string, string>>) => Promise<number>): Promise<number> {
  const postgres = await startSharedPostgres()
  try {
    const servers = await startSharedServers(postgres.databases)
    return await runTests({ ...postgres.env, ...servers.env }).finally(() => servers.stop())
  } finally {
    await postgres.stop()
  }
}

function runGiven(args: readonly string[]): Promise<number> {
  return run([QUIET, ...RUNNER, '--test-concurrency=2', ...args])
}

async function runWhole(files: readonly string[], shard: Shard): Promise<number> {
  const checked = shard.index > 1 || (await run([QUIET, 'scripts/check.ts', '--static'])) === 0
  const quick = new Set(findQuickTests(ROOT))
  const isApp = (file: string): boolean => file.startsWith('test/web/')
  const ordered = orderTests({ files: files.toSorted(), isApp, isQuick: (file) => quick.has(file) })
  const taken = takeShard(ordered, shard)
  const short = taken.filter((file) => quick.has(file) && mayShareProcess(ROOT, file))
  const single = taken.filter((file) => !short.includes(file))
  const args = [QUIET, 'scripts/test-files.ts', String(AT_ONCE), ...single, ...groupTests(ROOT, short)]
  const tested = await withShared((env) => run(args, env))
  if (!checked) process.stdout.write('\nThe check failed: its messages are above those of the tests.\n')
  return checked && tested === 0 ? 0 : 1
}

function withFolders(argument: string): string {
  return statSync(argument, { throwIfNoEntry: false })?.isDirectory() ? join(argument, '**/*.test.ts') : argument
}

function run(args: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...environment, ...more },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    const stop = (signal: NodeJS.Signals): void => void child.kill(signal)
    process.on('SIGTERM', stop)
    process.on('SIGINT', stop)
    child.on('close', (code) => {
      process.removeListener('SIGTERM', stop)
      process.removeListener('SIGINT', stop)
      resolve(code ?? 1)
    })
  })
}

/** The tests' servers must not get a person's configuration. */
function withoutConfiguration(all: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = (name: string): boolean => /^(WORKFLOWS_.*|DATABASE_URL|NODE_ENV)$/.test(name)
  return Object.fromEntries(Object.entries(all).filter(([name]) => !ours(name)))
}
