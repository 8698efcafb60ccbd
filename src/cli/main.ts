/** The command line: picks the command, prints, exits. */

import { parseArgs } from 'node:util'
import { StartError } from '../errors.ts'
import { backup } from './backup.ts'
import { showConfig } from './config.ts'
import { resetPassword } from './reset-password.ts'
import { restore } from './restore.ts'
import { rotateKey } from './rotate-key.ts'
import { serve } from './serve.ts'
import { upgrade } from './upgrade.ts'

const USAGE = `Usage: workflows <command>

Commands:
  serve                 start the app, the API, the hooks and the scheduler (what npm start does)
  backup FILE           copy the SQLite database to a new file; the server may run
  restore FILE          replace the database with a backup; --replace moves an existing database aside,
                        --verify only tries it, in a temporary directory
  reset-password EMAIL  print a link that sets a new password and works once
  config [--check]      print every option as the server would use it; exit code 2 if one is wrong
  upgrade [--check]     bring the tables up to date; --check only tries it, on a copy; --backed-up for PostgreSQL
  rotate-key            encrypt all settings with a new secret key; no server may run

Options are environment variables, or lines of workflows.config.yaml; the README lists them.`

type Command = {
  /** Names of the required arguments. */
  readonly takes: readonly string[]
  readonly flags: readonly string[]
  readonly run: (given: readonly string[], flags: ReadonlySet<string>) => Promise<void>
}

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: { takes: [], flags: [], run: serve },
  backup: { takes: ['FILE'], flags: [], run: ([file = '']) => backup(file) },
  restore: {
    takes: ['FILE'],
    flags: ['replace', 'verify'],
    run: ([file = ''], flags) => restore(file, { replace: flags.has('replace'), verify: flags.has('verify') }),
  },
  'reset-password': { takes: ['EMAIL'], flags: [], run: ([email = '']) => resetPassword(email) },
  config: { takes: [], flags: ['check'], run: showConfig },
  upgrade: {
    takes: [],
    flags: ['check', 'backed-up'],
    run: (_, flags) => upgrade({ check: flags.has('check'), backedUp: flags.has('backed-up') }),
  },
  'rotate-key': { takes: [], flags: [], run: rotateKey },
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      replace: { type: 'boolean' },
      verify: { type: 'boolean' },
      check: { type: 'boolean' },
      'backed-up': { type: 'boolean' },
    },
  })
  const { help, ...flags } = values
  const [name = 'serve', ...given] = positionals
  if (help === true) return void console.log(USAGE)
  const command = COMMANDS[name]
  if (command === undefined) throw new StartError(`There is no command "${positionals.join(' ')}".\n\n${USAGE}`, 2)
  const foreign = Object.keys(flags).filter((flag) => !command.flags.includes(flag))
  if (given.length !== command.takes.length || foreign.length > 0) {
    const expected = command.takes.length === 0 ? 'nothing more' : command.takes.join(' ')
    const found = [...given, ...foreign.map((flag) => `--${flag}`)].join(' ') || 'nothing'
    throw new StartError(`${name}: expected ${expected}, found ${found}.\n\n${USAGE}`, 2)
  }
  await command.run(given, new Set(Object.keys(flags)))
}

try {
  await main()
} catch (error) {
  const wrongArguments =
    error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  if (error instanceof StartError || wrongArguments) console.error(error.message)
  else console.error('Workflows stopped because of an internal error. Please report it:', error)
  process.exit(error instanceof StartError ? error.exitCode : wrongArguments ? 2 : 70)
}
