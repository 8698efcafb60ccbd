import { Argument, Command, Option } from 'commander'
import { OUTBOUND_MODES } from '../src/domain/runs/outgoing.ts'
import { KINDS } from '../src/domain/shared/kind.ts'
import { type Add, adderOf, JSON_FLAG } from './add-command.ts'
import { login, logout, whoami } from './commands/account.ts'
import { COMPLETION_SHELLS, completion } from './commands/completion.ts'
import { disconnect, listConnections, testConnection } from './commands/connections.ts'
import { addDecisionCommands } from './commands/decisions.ts'
import { dev } from './commands/dev.ts'
import { IMPORT_KINDS, importWorkflow } from './commands/import.ts'
import { init } from './commands/init.ts'
import { allowHost, listHosts, removeHost } from './commands/network.ts'
import { diff, pull } from './commands/pull.ts'
import { push } from './commands/push.ts'
import { addDeadLetterCommands } from './commands/runs/dead-letters.ts'
import { addWakeCommand, logs, replay, run, runs, showRunById } from './commands/runs/runs.ts'
import { getSetting, listSettings, setSetting, unsetSetting } from './commands/settings.ts'
import { addTaskCommands } from './commands/tasks.ts'
import { endCanary, showCanary, startCanary, trial } from './commands/trials.ts'
import { deploy, rollback, versions } from './commands/versions.ts'
import { list, open } from './commands/workflows.ts'
import type { Context } from './context.ts'
import { WrongUse } from './errors.ts'

const REQUEST = ['--request <json>', 'JSON {"headers"?, "query"?, "body"?}, or a file; - is standard input'] as const
const FROM_RUN = ['--from-run <run>', 'the request of a past run'] as const

/** Commands throw a Failure, a WrongUse or an ApiError. */
export function createProgram(context: Context, version: string): Command {
  const { terminal } = context
  const add = adderOf(context)
  const program = new Command('workflows')
    .description('Workflows as folders: write, run, push and watch them from a terminal.')
    .version(version)
    // `deploy` has its own option `--version`.
    .enablePositionalOptions()
    .addHelpText(
      'after',
      '\nWORKFLOWS_URL and WORKFLOWS_API_KEY win over what login has kept.\nExit codes: 0 done, 1 failed, 2 wrong use.',
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.replace(/\n$/, '')),
      writeErr: (text) => terminal.note(text.replace(/\n$/, '')),
    })
    .showHelpAfterError('(--help shows how it is used)')
  addAccountCommands(program, add)
  addFolderCommands(program, add)
  addImportCommand(program, add)
  addRunCommands(program, add)
  addDeadLetterCommands(program, add)
  addTaskCommands(program, add)
  addSettingCommands(program, add)
  addNetworkCommands(program, add)
  addConnectionCommands(program, add)
  addVersionCommands(program, add)
  addTrialCommands(program, add)
  addDecisionCommands(program, add)
  add(
    program,
    'completion',
    'print a script that completes commands: source <(workflows completion bash)',
    (given, shell: string) => completion(given, shell, program),
  ).addArgument(new Argument('<shell>').choices(COMPLETION_SHELLS))
  return program
}

function addAccountCommands(program: Command, add: Add): void {
  add(program, 'login <url>', "save a server's API key for this user", login, [
    ['--key <key>', 'the key; asked for, or read from standard input, when it is left out'],
  ])
  add(program, 'logout', 'forget the key', logout)
  add(program, 'whoami', 'say which server and key are used, and what the key may do', whoami, [JSON_FLAG])
  add(program, 'list', 'list the workflows of the server', list, [JSON_FLAG])
}

function addFolderCommands(program: Command, add: Add): void {
  add(program, 'init <name>', 'make the folder of a new workflow', init, [
    new Option('--kind <kind>', 'catch: a hook starts it; pull: a schedule does').choices([...KINDS]),
    ['--runtime <runtime>', 'such as python3.12, or node24 for TypeScript', 'python3'],
    ['--template <template>', 'begin with an example of the app, such as catch-resume-by-url'],
    JSON_FLAG,
  ])
  add(program, 'pull [names...]', 'download the named workflows, or all of them, into folders', pull, [
    ['--force', 'give up changes of the folders', false],
    ['--state', 'from now on with the settings that only functions wrote', false],
    JSON_FLAG,
  ])
  add(program, 'push [names...]', 'upload the named folders, or those here and below, to the server', push, [
    ['--deploy', 'deploy the code', false],
    ['--dry-run', 'only print what would change', false],
    ['--force', 'write over what others have changed on the server', false],
    ['--past-gate', 'deploy although the gate of the workflow refuses', false],
    JSON_FLAG,
  ])
  add(
    program,
    'diff [names...]',
    'show the differences between folders and server; exit code 1 if there are any',
    diff,
    [['--deployed', 'compare with the deployed code, not with the newest version', false], JSON_FLAG],
  )
  add(
    program,
    'dev <name>',
    "run the folder's code on the server on each save; settings that it changes are not kept",
    dev,
    [
      REQUEST,
      FROM_RUN,
      ['--answers <json>', 'what wait_for and ask get, by name: JSON, or a file with it'],
      new Option('--real-waits', 'wait as other runs do').conflicts('answers'),
      ['--once', 'run once instead of watching; exit code 1 if the run fails', false],
    ],
  )
}

function addImportCommand(program: Command, add: Add): void {
  add(
    program,
    'import',
    'make a folder of a workflow of another product, and say what was not carried over',
    importWorkflow,
    [
      ['--name <name>', 'of the workflow; that of the export when it is left out'],
      ['--handler <handler>', 'of a Lambda, such as app.lambda_handler; looked for when it is left out'],
      JSON_FLAG,
    ],
  )
    .addArgument(new Argument('<from>', 'where it comes from').choices(IMPORT_KINDS))
    .argument('<path>', 'the folder of an export of Pipedream; the folder or file of a Lambda handler')
}

function addRunCommands(program: Command, add: Add): void {
  add(program, 'run <name>', 'run the deployed version, and wait for its answer', run, [REQUEST, FROM_RUN, JSON_FLAG])
  add(program, 'logs <name>', 'print the logs of the newest runs', logs, [
    ['-f, --follow', 'go on with what runs write from now on', false],
    ['--json', 'print one JSON object a line', false],
  ])
  const listed = add(program, 'runs [name]', 'list runs of one workflow or of all, newest first', runs, [
    ['--failing', 'only those that failed', false],
    ['--waiting', 'only those that wait, with what they wait for', false],
    ['--since <time>', 'such as 15m, 1h, 7d or 2026-01-31'],
    new Option('--limit <count>', 'how many').default(20).argParser(parseCount),
    JSON_FLAG,
  ])
  add(listed, 'show <run>', 'print the request, log, answer or error, and times of a run', showRunById, [JSON_FLAG])
  add(program, 'replay <run>', "run a past run's request again, on what is deployed now", replay, [
    new Option('--version <number>', 'on this version instead').argParser(parseVersion),
    ['--from-steps', 'continue a failed run with its stored steps, on its version if none is given', false],
    JSON_FLAG,
  ])
  addWakeCommand(program, add)
  add(program, 'open <name>', "print the address of the workflow's page, and open it", open)
}

function addSettingCommands(program: Command, add: Add): void {
  const settings = program.command('settings').description('list, read, set and delete settings')
  add(settings, 'list <name>', 'list settings; values of secrets are never shown', listSettings, [JSON_FLAG])
  add(settings, 'get <name> <key>', 'print the value of a setting', getSetting, [JSON_FLAG])
  add(
    settings,
    'set <name> <key> [value]',
    'set a setting; the value comes from standard input when it is left out',
    setSetting,
    [
      ['--secret', 'never show the value again', false],
      ['--as-json', 'the value is JSON instead of text', false],
    ],
  )
  add(settings, 'unset <name> <key>', 'delete a setting', unsetSetting)
}

function addNetworkCommands(program: Command, add: Add): void {
  const network = program.command('network').description('list, open and close private addresses for functions')
  add(network, 'list', 'list the private addresses that functions may reach', listHosts, [JSON_FLAG])
  add(
    network,
    'allow <host>',
    'open an address for functions, such as name:port, *.name:port, address:port or a range (owners only)',
    allowHost,
    [['--workflow <name...>', 'only for these workflows'], ['--note <text>', 'what the destination is'], JSON_FLAG],
  )
  add(network, 'remove <host>', 'close the address with this host or id (owners only)', removeHost)
}

function addConnectionCommands(program: Command, add: Add): void {
  const connections = program.command('connections').description('list, test and end sign-ins at other services')
  add(connections, 'list', 'list connections with their status', listConnections, [JSON_FLAG])
  add(
    connections,
    'test <name>',
    'make a harmless call with the token, and exit with 1 if it fails (owners only)',
    testConnection,
    [JSON_FLAG],
  )
  add(
    connections,
    'disconnect <name>',
    'delete the tokens, and revoke them where the provider can (owners only)',
    disconnect,
  )
}

function addVersionCommands(program: Command, add: Add): void {
  add(program, 'versions <name>', 'list versions, newest first', versions, [JSON_FLAG])
  add(program, 'deploy <name>', 'deploy a version', deploy, [
    ['--version <number>', 'the newest when it is left out'],
    ['--past-gate', 'although the gate of the workflow refuses', false],
    JSON_FLAG,
  ])
  add(program, 'rollback <name>', 'deploy the version before the deployed one', rollback, [
    ['--past-gate', 'although the gate of the workflow refuses', false],
    JSON_FLAG,
  ])
}

function addTrialCommands(program: Command, add: Add): void {
  add(
    program,
    'trial <name>',
    "run past requests on the folder's code, compare the answers and keep nothing (exit code 1 if one breaks)",
    trial,
    [
      ['--version <number>', 'try a saved version instead'],
      new Option('--last <count>', 'how many of the newest runs').default(20).argParser(parseCount),
      ['--failing', 'only those that failed', false],
      new Option('--outbound <mode>', 'what the code may send').choices(OUTBOUND_MODES).default('read_only'),
      JSON_FLAG,
    ],
  )
  const canary = program.command('canary').description('give a version a share of the calls')
  add(canary, 'show <name>', 'compare the versions of the canary, or of the last one', showCanary, [JSON_FLAG])
  add(canary, 'start <name>', 'let a version run a share of the calls', startCanary, [
    new Option('--version <number>', 'the candidate').makeOptionMandatory(),
    ['--percent <percent>', 'the share of the calls', '10'],
    ['--abort-over <percent>', 'end it when more than this share of its calls failed'],
    JSON_FLAG,
  ])
  add(canary, 'promote <name>', 'deploy the candidate', endCanary('promote'), [
    ['--past-gate', 'although the gate of the workflow refuses', false],
    JSON_FLAG,
  ])
  add(canary, 'abort <name>', 'let all calls run the deployed version again', endCanary('abort'), [JSON_FLAG])
}

function parseVersion(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new WrongUse(`--version: expected the number of a version, found "${text}".`)
}

function parseCount(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  return Math.min(Math.max(count, 1), 200)
}
