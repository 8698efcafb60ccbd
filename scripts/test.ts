/** `npm test`: the check, then every test; `npm test -- test/store/runs/runs.test.ts` runs only what it is given, files or folders. */

import { spawn } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFastTests, SLOW_NAMES } from './fast-tests.ts'

const ROOT = join(import.meta.dirname, '..')
const QUIET = '--disable-warning=ExperimentalWarning'
const REPORTERS = ['spec', './scripts/test-summary.ts'].flatMap((reporter) => [
  `--test-reporter=${reporter}`,
  '--test-reporter-destination=stdout',
])
// No file may hang the run.
const RUNNER = ['--test', '--test-timeout=600000', ...REPORTERS]
const APP = 'test/web/**/*.test.ts'

const FAST = '--fast'

const given = process.argv.slice(2)
const files = given[0] === FAST ? fastRun(given.slice(1)) : given.map(withFolders)
const environment = withoutConfiguration(process.env)
const checked = files.length > 0 || (await run([QUIET, 'scripts/check.ts', '--static'])) === 0
const tested = files.length > 0 ? await runTests(files, 2) : await runAll()
if (!checked) process.stdout.write('\nThe check failed: its messages are above those of the tests.\n')
process.exitCode = checked && tested ? 0 : 1

/**
 * Three files at a time on two cores, since many wait half of their time for servers and sandboxes; then the tests of the app two at
 * a time, since their browsers do not wait, and a message of the app is gone after 3 s.
 */
async function runAll(): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'workflows-failed-'))
  const failed = join(directory, 'failed.txt')
  writeFileSync(failed, '')
  const others = globSync('test/**/*.test.ts', { cwd: ROOT, exclude: [APP] })
  const passed = await runTests(others, 3, { FAILURES_FILE: failed })
  const appPassed = await runTests([APP], 2)
  // The tests of the app print some 500 lines after the failures of the others.
  if (!passed) process.stdout.write(`\nFailed before the tests of the app:\n${readFileSync(failed, 'utf8')}`)
  rmSync(directory, { recursive: true })
  return passed && appPassed
}

async function runTests(
  wanted: readonly string[],
  atOnce: number,
  variables: NodeJS.ProcessEnv = {},
): Promise<boolean> {
  return (await run([QUIET, ...RUNNER, `--test-concurrency=${atOnce}`, ...wanted], variables)) === 0
}

function fastRun(options: readonly string[]): readonly string[] {
  return [`--test-skip-pattern=${SLOW_NAMES}`, ...options, ...findFastTests(ROOT)]
}

/** Node takes files and patterns; a folder means the tests in it. */
function withFolders(argument: string): string {
  return statSync(argument, { throwIfNoEntry: false })?.isDirectory() ? join(argument, '**/*.test.ts') : argument
}

function run(args: readonly string[], variables: NodeJS.ProcessEnv = {}): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...environment, ...variables },
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
