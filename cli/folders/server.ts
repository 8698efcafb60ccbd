import { strFromU8, unzipSync } from 'fflate'
import type { Client, Schemas } from '../../client/index.ts'
import { packFolder } from '../../src/domain/folders/archive.ts'
import type { FolderFiles } from '../../src/domain/folders/layout.ts'
import { Failure } from '../errors.ts'

type Workflow = Schemas['Workflow']

export type ServerFolder = { readonly workflow: Workflow; readonly newest: number; readonly files: FolderFiles }

export type Change = { readonly path: string; readonly old: unknown; readonly new: unknown }
type Warning = { readonly code: string; readonly message: string }
export type Pushed = {
  readonly changes: readonly Change[]
  readonly workflow: Workflow
  readonly warnings: readonly Warning[]
}
export type Created = Workflow & Pick<Pushed, 'warnings'>

const MAX_BYTES = 16 * 1024 * 1024

export async function fetchFolder(client: Client, id: string, withState = false): Promise<ServerFolder> {
  // First, so that a change between these calls makes the base stale.
  const workflow = await client.get('/api/workflows/{id}', { path: { id } })
  const versions = await client.get('/api/workflows/{id}/versions', { path: { id }, query: { limit: 1 } })
  const response = await client.fetch(
    `/api/workflows/${encodeURIComponent(id)}/export${withState ? '?state=true' : ''}`,
  )
  return {
    workflow,
    newest: versions.data[0]?.number ?? 0,
    files: unpack(new Uint8Array(await response.arrayBuffer())),
  }
}

export async function pushFolder(
  client: Client,
  { workflow, newest }: ServerFolder,
  files: FolderFiles,
  options: { readonly deploy: boolean; readonly dryRun: boolean; readonly pastGate: boolean },
): Promise<Pushed> {
  const query = new URLSearchParams({
    deploy: String(options.deploy),
    dry_run: String(options.dryRun),
    force: String(options.pastGate),
    base_updated_at: workflow.updated_at,
    base_version: String(newest),
  })
  return await send(client, `/api/workflows/${encodeURIComponent(workflow.id)}/import?${query}`, files)
}

export async function createFromFolder(client: Client, files: FolderFiles, deploy: boolean): Promise<Created> {
  return await send(client, `/api/workflows/import?deploy=${deploy}`, files)
}

async function send<T>(client: Client, path: string, files: FolderFiles): Promise<T> {
  const body = new Uint8Array(packFolder('workflow', files))
  const response = await client.fetch(path, { method: 'POST', headers: { 'content-type': 'application/zip' }, body })
  return (await response.json()) as T
}

function unpack(bytes: Uint8Array): FolderFiles {
  const files = unzipSync(bytes, {
    filter: ({ originalSize }) => {
      if (originalSize > MAX_BYTES) throw new Failure('The server sent a file that is too large.')
      return true
    },
  })
  return new Map(Object.entries(files).map(([path, data]) => [path.slice(path.indexOf('/') + 1), strFromU8(data)]))
}
