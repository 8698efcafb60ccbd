import { registerHooks } from 'node:module'
import { inspect, parseArgs } from 'node:util'
import { StartError } from '../errors.ts'
import { print, printError } from './print.ts'

const USAGE = `Usage: workflows <command>

Commands:
  serve                 start the app, the API, the hooks and the scheduler (what npm start does)
  backup FILE           copy the SQLite database to a new file; the server may run;
                        --list in place of FILE: print the scheduled backups that are kept
  restore FILE          replace the database with a backup; --replace moves an existing database aside,
                        --verify only tries it, in a temporary directory; FILE may be the s3:// URL of a backup,
                        --newest in place of it: the newest scheduled backup
  reset-password EMAIL  print a link that sets a new password and works once
  config [--check]      print every option as the server would use it; exit code 2 if one is wrong
  upgrade [--check]     bring the tables up to date; --check only tries it, on a copy; --backed-up for PostgreSQL
  replay-decision KEY   run the function of the bundle of a decision on standard input, and print what it decides;
                        npx workflows decisions replay calls it
  rotate-key            encrypt all settings with a new secret key; no server may run

Options are environment variables, or lines of workflows.config.yaml; the README lists them.`

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  replace: { type: 'boolean' },
  verify: { type: 'boolean' },
  list: { type: 'boolean' },
  newest: { type: 'boolean' },
  check: { type: 'boolean' },
  'backed-up': { type: 'boolean' },
} as const

/** All commands would add 0.1 s to each server start. */
type Command = {
  readonly takes: readonly string[]
  readonly flags: readonly string[]
  readonly instead?: string
  readonly run: (given: readonly string[], flags: ReadonlySet<string>) => Promise<void>
}

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: { takes: [], flags: [], run: async () => (await import('./serve.ts')).serve() },
  backup: {
    takes: ['FILE'],
    flags: ['list'],
    instead: 'list',
    run: async ([file]) => (await import('./backup.ts')).backup(file ?? null),
  },
  restore: {
    takes: ['FILE'],
    flags: ['replace', 'verify', 'newest'],
    instead: 'newest',
    run: async ([file], flags) => {
      const { restore } = await import('./restore.ts')
      await restore(file ?? null, { replace: flags.has('replace'), verify: flags.has('verify') })
    },
  },
  'reset-password': {
    takes: ['EMAIL'],
    flags: [],
    run: async ([email = '']) => (await import('./reset-password.ts')).resetPassword(email),
  },
  config: {
    takes: [],
    flags: ['check'],
    run: async () => (await import('./config.ts')).showConfig(),
  },
  upgrade: {
    takes: [],
    flags: ['check', 'backed-up'],
    run: async (_, flags) => {
      const { upgrade } = await import('./upgrade.ts')
      await upgrade({ check: flags.has('check'), backedUp: flags.has('backed-up') })
    },
  },
  'replay-decision': {
    takes: ['KEY'],
    flags: [],
    run: async ([key = '']) => (await import('./replay-decision.ts')).replayDecision(key),
  },
  'rotate-key': { takes: [], flags: [], run: async () => (await import('./rotate-key.ts')).rotateKey() },
}

async function main(): Promise<void> {
  const { positionals, tokens } = parseArgs({ allowPositionals: true, strict: false, tokens: true, options: OPTIONS })
  const options = tokens.filter((token) => token.kind === 'option')
  const help = options.some(({ name }) => name === 'help')
  const [name = 'serve', ...given] = positionals
  const command = COMMANDS[name]
  if (command === undefined && !help) throw wrongUse(`There is no command "${positionals.join(' ')}".`)
  for (const option of options) assertOption(name, command?.flags ?? [], option)
  if (help || command === undefined) return void print(USAGE)
  const flags = options.map((option) => option.name)
  const foreign = flags.filter((flag) => !command.flags.includes(flag))
  const takes = flags.some((flag) => flag === command.instead) ? [] : command.takes
  if (given.length !== takes.length || foreign.length > 0) {
    const expected = takes.length === 0 ? 'nothing more' : takes.join(' ')
    const found = [...given, ...foreign.map((flag) => `--${flag}`)].join(' ') || 'nothing'
    throw wrongUse(`${name}: expected ${expected}, found ${found}.`)
  }
  await command.run(given, new Set(flags))
}

type Given = { readonly name: string; readonly rawName: string; readonly value: string | undefined }

function assertOption(command: string, flags: readonly string[], { name, rawName, value }: Given): void {
  if (!Object.keys(OPTIONS).includes(name)) {
    const known = [...flags, 'help'].map((flag) => `--${flag}`)
    const list = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(known)
    throw wrongUse(`${command}: expected the option${known.length === 1 ? '' : 's'} ${list}, found ${rawName}.`)
  }
  // The value may be a misplaced secret.
  if (value !== undefined) throw wrongUse(`${command}: expected ${rawName} without a value, found one.`)
}

const wrongUse = (problem: string): StartError => new StartError(`${problem}\n\n${USAGE}`, 2)

/**
 * Node would look for each of 700 files, for a package.json above it, and for symbolic links. These paths are exact,
 * which saves a tenth of a start's processor time.
 */
registerHooks({
  resolve(specifier, context, next) {
    if (!specifier.startsWith('.') || !specifier.endsWith('.ts')) return next(specifier, context)
    return { url: new URL(specifier, context.parentURL).href, format: 'module-typescript', shortCircuit: true }
  },
})

try {
  await main()
} catch (error) {
  if (error instanceof StartError) printError(error.message)
  else printError(`Workflows stopped because of an internal error. Please report it: ${inspect(error)}`)
  process.exit(error instanceof StartError ? error.exitCode : 70)
}
