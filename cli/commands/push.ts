/** Stops if another person has changed a workflow. */

import type { Client } from '../../client/index.ts'
import { ENV_NAME, type FolderFiles } from '../../src/domain/folders/layout.ts'
import { writeSettingsEnv } from '../../src/domain/folders/settings-env.ts'
import type { Context } from '../context.ts'
import { Failed, Failure } from '../errors.ts'
import { changedFiles, planSettings, type SettingsPlan, showDiff } from '../folders/compare.ts'
import { listCommits, nameOf } from '../folders/git.ts'
import { getFolder, listFolders, readFolder } from '../folders/local.ts'
import { normalise, settingsOf } from '../folders/normal.ts'
import { type Change, createFromFolder, fetchFolder, pushFolder, type ServerFolder } from '../folders/server.ts'
import { isWithState, readState, writeState } from '../folders/state.ts'
import { findOwn } from '../folders/targets.ts'
import type { Connection } from '../session.ts'
import { warn } from '../terminal.ts'

export type PushOptions = {
  readonly deploy: boolean
  readonly dryRun: boolean
  readonly force: boolean
  readonly pastGate: boolean
  readonly json: boolean
}

type Step = {
  readonly folder: string
  readonly local: FolderFiles
  readonly server: ServerFolder | null
  readonly upload: FolderFiles
  readonly unset: readonly string[]
  readonly changes: readonly Change[]
}

/** Plans all folders before any change: one stale folder stops all. */
export async function push(context: Context, names: readonly string[], options: PushOptions): Promise<void> {
  const { cwd } = context.environment
  const folders = names.length === 0 ? listFolders(cwd) : names.map((name) => getFolder(cwd, name))
  if (folders.length === 0)
    throw new Failure('There is no folder of a workflow here or below. "workflows init" makes one.')
  const connection = context.connect()
  const steps: (Step | null)[] = []
  for (const folder of folders) steps.push(await plan(context, connection, folder, options))
  if (steps.includes(null)) throw new Failed()
  const planned = steps.filter((step) => step !== null)
  for (const step of planned) if (!options.json) showPlan(context, step, options)
  const done: object[] = []
  for (const step of planned)
    done.push(options.dryRun ? shown(step, null) : await apply(context, connection, step, options))
  if (options.json) context.terminal.json({ data: done })
}

async function plan(
  context: Context,
  connection: Connection,
  folder: string,
  options: PushOptions,
): Promise<Step | null> {
  const { client, url } = connection
  const files = readFolder(folder)
  const local = normalise(files)
  const own = await findOwn(connection, folder, local)
  if (own === null) {
    return { folder, local, server: null, upload: files, unset: [], changes: [{ path: '', old: null, new: null }] }
  }
  const server = await fetchFolder(client, own.id, isWithState(folder))
  const theirs = normalise(server.files)
  const state = readState(folder)
  const kept = state !== null && state.id === own.id && state.url === url ? normalise(state.base) : null
  const base = findBase(folder, theirs, kept)
  const settings = planSettings(files, base ?? kept ?? theirs, theirs)
  // If the server has all of the folder's content, a push undoes nothing.
  const isAhead = base !== null || changedFiles(local, theirs).length === 0
  const isStale = !isAhead || settings.conflicts.length > 0
  if (isStale && !options.force) {
    sayStale(context, folder, { local, theirs, kept, settings })
    return null
  }
  // The base is missing, so removed settings are unknown.
  const unset = base === null && kept === null ? [] : settings.unset
  const upload = new Map([...files, [ENV_NAME, envOf(settings)]])
  const { changes, warnings } = await pushFolder(client, server, upload, { ...options, dryRun: true })
  warn(context.terminal, warnings)
  const removals = unset.map(
    (key): Change => ({ path: `/settings/${key}`, old: settingsOf(theirs).get(key)?.value ?? null, new: null }),
  )
  return { folder, local, server, upload, unset, changes: [...changes, ...removals] }
}

/** The files of the last pull or push, or of the commit with the nearest settings. */
function findBase(folder: string, theirs: FolderFiles, kept: FolderFiles | null): FolderFiles | null {
  if (kept !== null && changedFiles(kept, theirs).length === 0) return kept
  let found: FolderFiles | null = null
  let least = Number.POSITIVE_INFINITY
  for (const files of listCommits(folder)) {
    const commit = tryNormalise(files)
    if (commit === null || changedFiles(commit, theirs).length > 0) continue
    const { set, unset } = planSettings(commit, theirs, theirs)
    if (set.length + unset.length < least) [found, least] = [commit, set.length + unset.length]
  }
  return found
}

function tryNormalise(files: FolderFiles): FolderFiles | null {
  try {
    return normalise(files)
  } catch {
    return null
  }
}

function envOf({ set }: SettingsPlan): string {
  return set
    .map((setting) => {
      if (!setting.secret || setting.value === null) return writeSettingsEnv([setting])
      const line = writeSettingsEnv([{ ...setting, secret: false }]).trimEnd()
      return line.endsWith(' # json') ? `${line.slice(0, -' # json'.length)} # secret json\n` : `${line} # secret\n`
    })
    .join('')
}

type Sides = {
  readonly local: FolderFiles
  readonly theirs: FolderFiles
  readonly kept: FolderFiles | null
  readonly settings: SettingsPlan
}

function sayStale({ terminal }: Context, folder: string, { local, theirs, kept, settings }: Sides): void {
  const name = nameOf(folder)
  const { note, paint } = terminal
  const list = (paths: readonly string[]): string => paths.join(', ') || 'nothing'
  if (kept === null) {
    note(`${name}: stale. The server has something that neither this folder's last pull nor its git history has.`)
    for (const line of showDiff(paint, { name: 'server', files: theirs }, { name, files: local })) note(line)
  } else {
    note(`${name}: stale. The server was changed since this folder was pulled.`)
    note(
      `  changed on the server: ${list([...changedFiles(kept, theirs), ...settings.conflicts.map((key) => `setting ${key}`)])}`,
    )
    note(`  changed here: ${list(changedFiles(kept, local))}`)
    for (const line of showDiff(paint, { name: 'pulled', files: kept }, { name: 'server', files: theirs })) note(line)
    for (const line of showDiff(paint, { name: 'pulled', files: kept }, { name, files: local })) note(line)
  }
  note(
    `Nothing was changed. Commit your work, "workflows pull --force ${name}", and merge; or write over the server's with "push --force".`,
  )
}

function showPlan(
  { terminal: { print, paint } }: Context,
  { folder, server, changes }: Step,
  { deploy }: PushOptions,
): void {
  print(paint.bold(nameOf(folder)))
  if (changes.length === 0) print('  nothing to change')
  if (server === null) print(paint.green(`  + new workflow${deploy ? ', deployed' : ''}`))
  else for (const change of changes) print(`  ${describe(change, paint)}`)
}

function describe({ path, old, new: value }: Change, paint: Context['terminal']['paint']): string {
  const [, top = '', ...rest] = path.split('/')
  const name = [top, ...rest].join('/').replaceAll('~1', '/').replaceAll('~0', '~')
  if (top === 'deployed_version') return paint.cyan(`> deploy version ${String(value)}`)
  const [was, is] = [short(old), short(value)]
  if (was === '' && is === '') return paint.yellow(`~ ${name}`)
  if (was === '') return paint.green(`+ ${name}: ${is}`)
  return is === '' ? paint.red(`- ${name}: ${was}`) : paint.yellow(`~ ${name}: ${was} → ${is}`)
}

function short(value: unknown): string {
  const text = value === null || value === undefined ? '' : JSON.stringify(value)
  return text.length > 30 ? `${text.slice(0, 29)}…` : text
}

async function apply(context: Context, { client, url }: Connection, step: Step, options: PushOptions): Promise<object> {
  const { folder, server, unset } = step
  const { print, paint } = context.terminal
  const withState = isWithState(folder)
  if (server !== null && step.changes.length === 0) {
    writeState(folder, { url, id: server.workflow.id, base: baseOf(step, server), withState })
    return shown(step, server.workflow.deployed_version)
  }
  const workflow =
    server === null
      ? await create(context, client, step, options)
      : (await pushFolder(client, server, step.upload, { ...options, dryRun: false })).workflow
  for (const key of unset) await client.delete('/api/workflows/{id}/settings/{key}', { path: { id: workflow.id, key } })
  const after = await fetchFolder(client, workflow.id, withState)
  writeState(folder, { url, id: workflow.id, base: baseOf(step, after), withState })
  const deployed = options.deploy
    ? `version ${after.workflow.deployed_version} is deployed`
    : `version ${after.newest} is saved`
  if (!options.json) {
    print(paint.green(`${nameOf(folder)}: ${after.newest === 0 ? 'saved' : deployed}`))
    if (options.deploy && step.server?.workflow.deployed_version == null && workflow.hook_url !== null)
      print(`  ${workflow.hook_url}`)
  }
  return shown({ ...step, server: after }, after.workflow.deployed_version)
}

async function create({ terminal }: Context, client: Client, { upload }: Step, { deploy }: PushOptions) {
  const workflow = await createFromFolder(client, upload, deploy)
  warn(terminal, workflow.warnings)
  return workflow
}

/** Other people's new settings are no change of this folder. */
const baseOf = ({ local }: Step, { files }: ServerFolder): FolderFiles =>
  new Map([...files, [ENV_NAME, local.get(ENV_NAME) ?? '']])

const shown = ({ folder, server, changes }: Step, deployed: number | null): object => ({
  folder: nameOf(folder),
  workflow_id: server?.workflow.id ?? null,
  version: server === null || server.newest === 0 ? null : server.newest,
  deployed_version: deployed,
  changes,
})
