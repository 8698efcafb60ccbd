import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type FolderFiles, folderNameOf, sourceNameOf, splitFolder } from '../../src/domain/folders/layout.ts'
import type { Context } from '../context.ts'
import { Failed, Failure } from '../errors.ts'
import { changedPaths, showDiff } from '../folders/compare.ts'
import { listUncommitted, nameOf } from '../folders/git.ts'
import { findFolder, getFolder, listFolders, readFolder, writeFolder } from '../folders/local.ts'
import { normalise } from '../folders/normal.ts'
import { fetchFolder } from '../folders/server.ts'
import { isWithState, readState, writeState } from '../folders/state.ts'
import { findOwn } from '../folders/targets.ts'
import { getWorkflow, listWorkflows, type Workflow } from '../folders/workflows.ts'
import type { Connection } from '../session.ts'

export type PullOptions = { readonly force: boolean; readonly state: boolean; readonly json: boolean }

/** Without names, pulls all. Fails for a folder with changes that would be lost. */
export async function pull(context: Context, names: readonly string[], options: PullOptions): Promise<void> {
  const connection = context.connect()
  const { cwd } = context.environment
  const workflows =
    names.length === 0
      ? await listWorkflows(connection.client)
      : await Promise.all(names.map((name) => getWorkflow(connection, name, cwd)))
  const own = ownFolders(cwd, connection.url)
  const results: { readonly folder: string; readonly workflow_id: string; readonly result: string }[] = []
  for (const workflow of workflows) {
    const folder = own.get(workflow.id) ?? freeFolder(cwd, workflow, [...own.values()])
    own.set(workflow.id, folder)
    const result = await pullOne(context, connection, workflow, folder, options)
    results.push({ folder: nameOf(folder), workflow_id: workflow.id, result })
    if (!options.json && result !== 'refused') context.terminal.print(`${nameOf(folder)}: ${result}`)
  }
  if (options.json) context.terminal.json({ data: results })
  if (results.some(({ result }) => result === 'refused')) throw new Failed()
}

function ownFolders(cwd: string, url: string): Map<string, string> {
  const states = listFolders(cwd).flatMap((folder): [string, string][] => {
    const state = readState(folder)
    return state !== null && state.url === url ? [[state.id, folder]] : []
  })
  return new Map(states)
}

/** Another workflow may have the same name. */
function freeFolder(cwd: string, { name, id }: Workflow, taken: readonly string[]): string {
  const plain = findFolder(cwd, folderNameOf(name)) ?? join(cwd, folderNameOf(name))
  return taken.includes(plain) ? join(cwd, `${folderNameOf(name)}-${id.slice(-6).toLowerCase()}`) : plain
}

async function pullOne(
  { terminal: { note } }: Context,
  { client, url }: Connection,
  { id }: Workflow,
  folder: string,
  options: PullOptions,
): Promise<'new' | 'up to date' | 'updated' | 'refused'> {
  const isNew = !existsSync(folder)
  const withState = options.state || isWithState(folder)
  const { files } = await fetchFolder(client, id, withState)
  const local = isNew ? new Map<string, string>() : readFolder(folder)
  const [here, there] = [isNew ? local : tryNormalise(local), normalise(files)]
  const changed = changedPaths(here, there)
  if (!isNew && changed.length > 0 && !options.force) {
    const reason = findObstacle(folder, here, url, id)
    if (reason !== null) {
      note(
        `${nameOf(folder)}: ${reason} Nothing was changed. "workflows diff ${nameOf(folder)}" shows the differences; "pull --force" gives yours up.`,
      )
      return 'refused'
    }
  }
  // Equivalent files keep their text and comments.
  const written = [...files].filter(([path]) => isNew || changed.includes(path) || !local.has(path))
  writeFolder(
    folder,
    new Map(written),
    changed.filter((path) => here.has(path) && !there.has(path)),
  )
  writeState(folder, { url, id, base: files, withState })
  return isNew ? 'new' : changed.length === 0 ? 'up to date' : 'updated'
}

/** Null if no changes would be lost. */
function findObstacle(folder: string, here: ReadonlyMap<string, string>, url: string, id: string): string | null {
  const uncommitted = listUncommitted(folder)
  const state = readState(folder)
  const base = state !== null && state.id === id && state.url === url ? normalise(state.base) : null
  if (base !== null && changedPaths(base, here).length === 0) return null
  if (uncommitted !== null) {
    return uncommitted.length === 0
      ? null
      : `the folder has changes that are not committed: ${uncommitted.slice(0, 5).join(', ')}.`
  }
  return base === null
    ? 'a folder of this name is there already, and was not pulled from this workflow.'
    : `the folder has changes that were not pushed: ${changedPaths(base, here).join(', ')}.`
}

function tryNormalise(files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  try {
    return normalise(files)
  } catch {
    return files
  }
}

export async function diff(
  context: Context,
  names: readonly string[],
  { json, deployed }: { readonly json: boolean; readonly deployed: boolean },
): Promise<void> {
  const connection = context.connect()
  const { cwd } = context.environment
  const folders = names.length === 0 ? listFolders(cwd) : names.map((name) => getFolder(cwd, name))
  if (folders.length === 0) throw new Failure('There is no folder of a workflow here or below.')
  const { print, paint } = context.terminal
  const found: { folder: string; workflow_id: string | null; files: readonly string[] }[] = []
  for (const folder of folders) {
    const here = normalise(readFolder(folder))
    const own = await findOwn(connection, folder, here)
    const there =
      own === null ? new Map<string, string>() : normalise(await readServer(connection, own.id, { folder, deployed }))
    found.push({ folder: nameOf(folder), workflow_id: own?.id ?? null, files: changedPaths(there, here) })
    if (json) continue
    for (const line of showDiff(paint, { name: 'server', files: there }, { name: nameOf(folder), files: here }))
      print(line)
  }
  if (json) context.terminal.json({ data: found })
  const changed = found.filter(({ files }) => files.length > 0)
  if (changed.length > 0) throw new Failed()
  if (json) return
  print('No difference.')
  for (const { folder, workflow_id: id } of found) {
    const note = id === null ? null : await noteOlder(connection, id)
    if (note !== null && !deployed) print(`${folder}: ${note}`)
  }
}

async function readServer(
  { client }: Connection,
  id: string,
  { folder, deployed }: { readonly folder: string; readonly deployed: boolean },
): Promise<FolderFiles> {
  const { workflow, newest, files } = await fetchFolder(client, id, isWithState(folder))
  const number = workflow.deployed_version
  if (!deployed || number === newest) return files
  if (number === null) throw new Failure(`${nameOf(folder)} is not deployed, so there is nothing to compare with.`)
  const version = await client.get('/api/workflows/{id}/versions/{number}', { path: { id, number: String(number) } })
  const { sourceName, files: modules } = splitFolder(files)
  const others = [...files].filter(([path]) => path !== sourceName && !(path in modules))
  return new Map([
    ...others,
    [sourceName ?? sourceNameOf(workflow.runtime), version.source],
    ...Object.entries(version.files ?? {}),
  ])
}

/** After a rollback, calls run an older version. */
async function noteOlder({ client }: Connection, id: string): Promise<string | null> {
  const [{ deployed_version: deployed }, versions] = await Promise.all([
    client.get('/api/workflows/{id}', { path: { id } }),
    client.get('/api/workflows/{id}/versions', { path: { id }, query: { limit: 1 } }),
  ])
  const newest = versions.data[0]?.number ?? null
  if (deployed === null || newest === null || deployed === newest) return null
  return `the folder is version ${newest}, and version ${deployed} is deployed.`
}
