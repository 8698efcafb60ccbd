import type { Context } from '../context.ts'
import { Failure } from '../errors.ts'
import { layOut } from '../terminal.ts'

type Json = { readonly json: boolean }

export async function listConnections(context: Context, { json }: Json): Promise<void> {
  const { client } = context.connect()
  const connections = await client.get('/api/connections')
  const { terminal } = context
  if (json) return terminal.json(connections)
  const rows = connections.data.map(({ name, provider, status, account, used_by }) => [
    name,
    provider,
    status,
    account ?? '',
    `${used_by.length} ${used_by.length === 1 ? 'workflow' : 'workflows'}`,
  ])
  for (const line of layOut(rows, terminal.width)) terminal.print(line)
  if (rows.length === 0) terminal.print('There is no connection. An owner adds one under Settings → Connections.')
}

export async function testConnection(context: Context, name: string, { json }: Json): Promise<void> {
  const { client } = context.connect()
  const id = await findId(context, name)
  const found = await client.post('/api/connections/{id}/test', { path: { id }, body: {} })
  if (json) context.terminal.json(found)
  else if (found.ok) context.terminal.print(found.detail)
  if (!found.ok) throw new Failure(found.detail)
}

export async function disconnect(context: Context, name: string): Promise<void> {
  const { client } = context.connect()
  const id = await findId(context, name)
  await client.post('/api/connections/{id}/disconnect', { path: { id }, body: {} })
  context.terminal.print(`${name} is disconnected.`)
}

async function findId(context: Context, name: string): Promise<string> {
  const { data } = await context.connect().client.get('/api/connections')
  const found = data.find((one) => one.name === name || one.id === name)
  if (found === undefined)
    throw new Failure(`There is no connection "${name}". "workflows connections list" shows them.`)
  return found.id
}
