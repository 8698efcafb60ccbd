import type { Client, Schemas } from '../../client/index.ts'
import { folderNameOf } from '../../src/domain/folders/layout.ts'
import { Failure } from '../errors.ts'
import type { Connection } from '../session.ts'
import { findFolder } from './local.ts'
import { readState } from './state.ts'

export type Workflow = Schemas['Workflow']

const PAGE = 200

export async function listWorkflows(client: Client, q?: string): Promise<readonly Workflow[]> {
  const found: Workflow[] = []
  for (let cursor: string | null = null; ; ) {
    const page: { data: Workflow[]; next_cursor: string | null } = await client.get('/api/workflows', {
      query: { limit: PAGE, cursor, q },
    })
    found.push(...page.data)
    cursor = page.next_cursor
    if (cursor === null) return found
  }
}

/** Null without a workflow of this id, name or folder. */
async function findWorkflow({ client, url }: Connection, name: string, cwd: string): Promise<Workflow | null> {
  if (/^wf_[0-9A-Za-z]+$/.test(name)) return await client.get('/api/workflows/{id}', { path: { id: name } })
  const folder = findFolder(cwd, name)
  const state = folder === null ? null : readState(folder)
  if (state !== null && state.url === url) {
    const kept = await getOrNull(client, state.id)
    if (kept !== null) return kept
  }
  const all = await listWorkflows(client)
  const exact = all.filter((workflow) => workflow.name === name)
  const found = exact.length > 0 ? exact : all.filter((workflow) => folderNameOf(workflow.name) === name)
  if (found.length > 1) {
    throw new Failure(
      `There are ${found.length} workflows "${name}". Name one by its id: ${found.map(({ id }) => id).join(', ')}`,
    )
  }
  return found[0] ?? null
}

export async function getWorkflow(connection: Connection, name: string, cwd: string): Promise<Workflow> {
  const workflow = await findWorkflow(connection, name, cwd)
  if (workflow !== null) return workflow
  throw new Failure(`There is no workflow "${name}" on ${connection.url}. "workflows list" shows what is there.`)
}

export async function getOrNull(client: Client, id: string): Promise<Workflow | null> {
  try {
    return await client.get('/api/workflows/{id}', { path: { id } })
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 404) return null
    throw error
  }
}
