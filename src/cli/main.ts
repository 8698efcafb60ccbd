/** The command line: picks the command, prints, exits. */

import { parseArgs } from 'node:util'
import { StartError } from '../errors.ts'
import { serve } from './serve.ts'

const USAGE = `Usage: workflows <command>

Commands:
  serve    start the app, the API, the hooks and the scheduler (what npm start does)

Options are environment variables; the README lists them.`

const COMMANDS: Readonly<Record<string, () => Promise<void>>> = { serve }

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h' } },
  })
  const [name = 'serve', ...rest] = positionals
  if (values.help === true) return void console.log(USAGE)
  const command = COMMANDS[name]
  if (command === undefined || rest.length > 0) {
    throw new StartError(`There is no command "${positionals.join(' ')}".\n\n${USAGE}`, 2)
  }
  await command()
}

try {
  await main()
} catch (error) {
  const wrongArguments =
    error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  if (error instanceof StartError || wrongArguments) console.error(error.message)
  else console.error('Workflows met an error of its own and stopped. Please report it:', error)
  process.exit(error instanceof StartError ? error.exitCode : wrongArguments ? 2 : 70)
}
