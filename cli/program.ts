import { Argument, Command, Option } from 'commander'
import { OUTBOUND_MODES } from '../src/domain/runs/outgoing.ts'
import { KINDS } from '../src/domain/shared/kind.ts'
import { login, logout, whoami } from './commands/account.ts'
import { COMPLETION_SHELLS, completion } from './commands/completion.ts'
import { disconnect, listConnections, testConnection } from './commands/connections.ts'
import { addDecisionCommands } from './commands/decisions.ts'
import { dev } from './commands/dev.ts'
import { IMPORT_KINDS, importWorkflow } from './commands/import.ts'
import { init } from './commands/init.ts'
import { allowHost, listHosts, removeHost } from './commands/network.ts'
import { open } from './commands/open.ts'
import { diff, pull } from './commands/pull.ts'
import { push } from './commands/push.ts'
import { addWakeCommand, logs, replay, run, runs, showRunById } from './commands/runs.ts'
import { getSetting, listSettings, setSetting, unsetSetting } from './commands/settings.ts'
import { addTaskCommands } from './commands/tasks.ts'
import { endCanary, showCanary, startCanary, trial } from './commands/trials.ts'
import { deploy, rollback, versions } from './commands/versions.ts'
import type { Context } from './context.ts'

const JSON_FLAG = ['--json', 'print JSON', false] as const
const REQUEST = ['--request <json>', 'JSON {"headers"?, "query"?, "body"?}, or a file; - is standard input'] as const
const FROM_RUN = ['--from-run <run>', 'the request of a past run'] as const

/** Commands throw a Failure, a WrongUse or an ApiError. */
export function createProgram(context: Context, version: string): Command {
  const { terminal } = context
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
  addAccountCommands(program, context)
  addFolderCommands(program, context)
  addImportCommand(program, context)
  addRunCommands(program, context)
  addTaskCommands(program, context)
  addSettingCommands(program, context)
  addNetworkCommands(program, context)
  addConnectionCommands(program, context)
  addVersionCommands(program, context)
  addTrialCommands(program, context)
  addDecisionCommands(program, context)
  program
    .command('completion')
    .description('print a script that completes commands: source <(workflows completion bash)')
    .addArgument(new Argument('<shell>').choices(COMPLETION_SHELLS))
    .action((shell: string) => completion(context, shell, program))
  return program
}

function addAccountCommands(program: Command, context: Context): void {
  program
    .command('login <url>')
    .description("save a server's API key for this user")
    .option('--key <key>', 'the key; asked for, or read from standard input, when it is left out')
    .action((url, options) => login(context, url, options))
  program
    .command('logout')
    .description('forget the key')
    .action(() => logout(context))
  program
    .command('whoami')
    .description('say which server and key are used, and what the key may do')
    .option(...JSON_FLAG)
    .action((options) => whoami(context, options))
}

function addFolderCommands(program: Command, context: Context): void {
  program
    .command('init <name>')
    .description('make the folder of a new workflow')
    .addOption(new Option('--kind <kind>', 'catch: a hook starts it; pull: a schedule does').choices([...KINDS]))
    .option('--runtime <runtime>', 'such as python3.12, or node24 for TypeScript', 'python3')
    .option('--template <template>', 'begin with an example of the app, such as catch-resume-by-url')
    .option(...JSON_FLAG)
    .action((name, options) => init(context, name, options))
  program
    .command('pull [names...]')
    .description('download the named workflows, or all of them, into folders')
    .option('--force', 'give up changes of the folders', false)
    .option('--state', 'from now on with the settings that only functions wrote', false)
    .option(...JSON_FLAG)
    .action((names, options) => pull(context, names, options))
  program
    .command('push [names...]')
    .description('upload the named folders, or those here and below, to the server')
    .option('--deploy', 'deploy the code', false)
    .option('--dry-run', 'only print what would change', false)
    .option('--force', 'write over what others have changed on the server', false)
    .option('--past-gate', 'deploy although the gate of the workflow refuses', false)
    .option(...JSON_FLAG)
    .action((names, options) => push(context, names, options))
  program
    .command('diff [names...]')
    .description('show the differences between folders and server; exit code 1 if there are any')
    .option('--deployed', 'compare with the deployed code, not with the newest version', false)
    .option(...JSON_FLAG)
    .action((names, options) => diff(context, names, options))
  program
    .command('dev <name>')
    .description("run the folder's code on the server on each save; settings that it changes are not kept")
    .option(...REQUEST)
    .option(...FROM_RUN)
    .option('--answers <json>', 'what wait_for and ask get, by name: JSON, or a file with it')
    .addOption(new Option('--real-waits', 'wait as other runs do').conflicts('answers'))
    .option('--once', 'run once instead of watching; exit code 1 if the run fails', false)
    .action((name, options) => dev(context, name, options))
}

function addImportCommand(program: Command, context: Context): void {
  program
    .command('import')
    .description('make a folder of a workflow of another product, and say what was not carried over')
    .addArgument(new Argument('<from>', 'where it comes from').choices(IMPORT_KINDS))
    .argument('<path>', 'the folder of an export of Pipedream; the folder or file of a Lambda handler')
    .option('--name <name>', 'of the workflow; that of the export when it is left out')
    .option('--handler <handler>', 'of a Lambda, such as app.lambda_handler; looked for when it is left out')
    .option(...JSON_FLAG)
    .action((from, path, options) => importWorkflow(context, from, path, options))
}

function addRunCommands(program: Command, context: Context): void {
  program
    .command('run <name>')
    .description('run the deployed version, and wait for its answer')
    .option(...REQUEST)
    .option(...FROM_RUN)
    .option(...JSON_FLAG)
    .action((name, options) => run(context, name, options))
  program
    .command('logs <name>')
    .description('print the logs of the newest runs')
    .option('-f, --follow', 'go on with what runs write from now on', false)
    .option('--json', 'print one JSON object a line', false)
    .action((name, options) => logs(context, name, options))
  const list = program
    .command('runs <name>')
    .description('list runs, newest first')
    .option('--failing', 'only those that failed', false)
    .option('--waiting', 'only those that wait, with what they wait for', false)
    .option('--since <time>', 'such as 15m, 1h, 7d or 2026-01-31')
    .addOption(new Option('--limit <count>', 'how many').default(20).argParser(parseCount))
    .option(...JSON_FLAG)
    .action((name, options) => runs(context, name, options))
  list
    .command('show <run>')
    .description('print the request, log, answer or error, and times of a run')
    .option(...JSON_FLAG)
    .action((id, options) => showRunById(context, id, options))
  program
    .command('replay <run>')
    .description("run a past run's request again, on what is deployed now")
    .option(...JSON_FLAG)
    .action((id, options) => replay(context, id, options))
  addWakeCommand(program, context)
  program
    .command('open <name>')
    .description("print the address of the workflow's page, and open it")
    .action((name) => open(context, name))
}

function addSettingCommands(program: Command, context: Context): void {
  const settings = program.command('settings').description('list, read, set and delete settings')
  settings
    .command('list <name>')
    .description('list settings; values of secrets are never shown')
    .option(...JSON_FLAG)
    .action((name, options) => listSettings(context, name, options))
  settings
    .command('get <name> <key>')
    .description('print the value of a setting')
    .option(...JSON_FLAG)
    .action((name, key, options) => getSetting(context, name, key, options))
  settings
    .command('set <name> <key> [value]')
    .description('set a setting; the value comes from standard input when it is left out')
    .option('--secret', 'never show the value again', false)
    .option('--as-json', 'the value is JSON instead of text', false)
    .action((name, key, value, options) => setSetting(context, name, key, value, options))
  settings
    .command('unset <name> <key>')
    .description('delete a setting')
    .action((name, key) => unsetSetting(context, name, key))
}

function addNetworkCommands(program: Command, context: Context): void {
  const network = program.command('network').description('list, open and close private addresses for functions')
  network
    .command('list')
    .description('list the private addresses that functions may reach')
    .option(...JSON_FLAG)
    .action((options) => listHosts(context, options))
  network
    .command('allow <host>')
    .description('open an address for functions, such as name:port, *.name:port, address:port or a range (owners only)')
    .option('--workflow <name...>', 'only for these workflows')
    .option('--note <text>', 'what the destination is')
    .option(...JSON_FLAG)
    .action((host, options) => allowHost(context, host, options))
  network
    .command('remove <host>')
    .description('close the address with this host or id (owners only)')
    .action((host) => removeHost(context, host))
}

function addConnectionCommands(program: Command, context: Context): void {
  const connections = program.command('connections').description('list, test and end sign-ins at other services')
  connections
    .command('list')
    .description('list connections with their status')
    .option(...JSON_FLAG)
    .action((options) => listConnections(context, options))
  connections
    .command('test <name>')
    .description('make a harmless call with the token, and exit with 1 if it fails (owners only)')
    .option(...JSON_FLAG)
    .action((name, options) => testConnection(context, name, options))
  connections
    .command('disconnect <name>')
    .description('delete the tokens, and revoke them where the provider can (owners only)')
    .action((name) => disconnect(context, name))
}

function addVersionCommands(program: Command, context: Context): void {
  program
    .command('versions <name>')
    .description('list versions, newest first')
    .option(...JSON_FLAG)
    .action((name, options) => versions(context, name, options))
  program
    .command('deploy <name>')
    .description('deploy a version')
    .option('--version <number>', 'the newest when it is left out')
    .option('--past-gate', 'although the gate of the workflow refuses', false)
    .option(...JSON_FLAG)
    .action((name, options) => deploy(context, name, options))
  program
    .command('rollback <name>')
    .description('deploy the version before the deployed one')
    .option('--past-gate', 'although the gate of the workflow refuses', false)
    .option(...JSON_FLAG)
    .action((name, options) => rollback(context, name, options))
}

function addTrialCommands(program: Command, context: Context): void {
  program
    .command('trial <name>')
    .description(
      "run past requests on the folder's code, compare the answers and keep nothing (exit code 1 if one breaks)",
    )
    .option('--version <number>', 'try a saved version instead')
    .addOption(new Option('--last <count>', 'how many of the newest runs').default(20).argParser(parseCount))
    .option('--failing', 'only those that failed', false)
    .addOption(new Option('--outbound <mode>', 'what the code may send').choices(OUTBOUND_MODES).default('read_only'))
    .option(...JSON_FLAG)
    .action((name, options) => trial(context, name, options))
  const canary = program.command('canary').description('give a version a share of the calls')
  canary
    .command('show <name>')
    .description('compare the versions of the canary, or of the last one')
    .option(...JSON_FLAG)
    .action((name, options) => showCanary(context, name, options))
  canary
    .command('start <name>')
    .description('let a version run a share of the calls')
    .requiredOption('--version <number>', 'the candidate')
    .option('--percent <percent>', 'the share of the calls', '10')
    .option('--abort-over <percent>', 'end it when more than this share of its calls failed')
    .option(...JSON_FLAG)
    .action((name, options) => startCanary(context, name, options))
  canary
    .command('promote <name>')
    .description('deploy the candidate')
    .option('--past-gate', 'although the gate of the workflow refuses', false)
    .option(...JSON_FLAG)
    .action((name, options) => endCanary(context, name, 'promote', options))
  canary
    .command('abort <name>')
    .description('let all calls run the deployed version again')
    .option(...JSON_FLAG)
    .action((name, options) => endCanary(context, name, 'abort', options))
}

function parseCount(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0
  return Math.min(Math.max(count, 1), 200)
}
