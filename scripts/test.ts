/** `npm test`: the check, then every test; `npm test -- test/store/runs/runs.test.ts` runs only what it is given, files or folders. */

import { spawn } from 'node:child_process'
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { startSharedPostgres } from '../test/helpers/databases.ts'
import { findFastTests, findQuickTests, SLOW_NAMES } from './fast-tests.ts'
import { orderTests } from './test-order.ts'

const ROOT = join(import.meta.dirname, '..')
const QUIET = '--disable-warning=ExperimentalWarning'
const REPORTERS = ['spec', './scripts/test-summary.ts'].flatMap((reporter) => [
  `--test-reporter=${reporter}`,
  '--test-reporter-destination=stdout',
])
// No file may hang the run.
const RUNNER = ['--test', '--test-timeout=600000', ...REPORTERS]
/** On two processors, since many wait half of their time for servers and sandboxes. Of the app, one of these is there as a rule. */
const AT_ONCE = 3

const FAST = '--fast'

const given = process.argv.slice(2)
const files = given[0] === FAST ? fastRun(given.slice(1)) : given.map(withFolders)
const environment = withoutConfiguration(process.env)
const checked = files.length > 0 || (await run([QUIET, 'scripts/check.ts', '--static'])) === 0
const tested = (await (files.length > 0 ? run([QUIET, ...RUNNER, '--test-concurrency=2', ...files]) : runAll())) === 0
if (!checked) process.stdout.write('\nThe check failed: its messages are above those of the tests.\n')
process.exitCode = checked && tested ? 0 : 1

async function runAll(): Promise<number> {
  const files = globSync('test/**/*.test.ts', { cwd: ROOT }).sort()
  const quick = new Set(findQuickTests(ROOT))
  const isApp = (file: string): boolean => file.startsWith('test/web/')
  const ordered = orderTests({ files, isApp, isQuick: (file) => quick.has(file) })
  const postgres = await startSharedPostgres()
  const status = await run([QUIET, 'scripts/test-files.ts', String(AT_ONCE), ...ordered], postgres.env)
  await postgres.stop()
  return status
}

function fastRun(options: readonly string[]): readonly string[] {
  return [`--test-skip-pattern=${SLOW_NAMES}`, ...options, ...findFastTests(ROOT)]
}

/** Node takes files and patterns; a folder means the tests in it. */
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

/** A person's own configuration of the program must not reach the tests' servers. */
function withoutConfiguration(all: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = (name: string): boolean => /^(WORKFLOWS_.*|DATABASE_URL|NODE_ENV)$/.test(name)
  return Object.fromEntries(Object.entries(all).filter(([name]) => !ours(name)))
}
