import type { Context } from '../context.ts'
import { Failure, WrongUse } from '../errors.ts'
import { getWorkflow } from '../folders/workflows.ts'
import { ago, layOut } from '../terminal.ts'

type Json = { readonly json: boolean }
type Deploy = Json & { readonly pastGate: boolean }
const LISTED = 50

export async function versions(context: Context, name: string, { json }: Json): Promise<void> {
  const { terminal, environment } = context
  const connection = context.connect()
  const { id } = await getWorkflow(connection, name, environment.cwd)
  const { data } = await connection.client.get('/api/workflows/{id}/versions', {
    path: { id },
    query: { limit: LISTED },
  })
  if (json) return terminal.json({ data })
  const now = Date.now()
  const rows = data.map((one) => [
    String(one.number),
    one.deployed ? 'deployed' : '',
    ago(one.created_at, now),
    one.message,
  ])
  for (const line of layOut(rows, terminal.width)) terminal.print(line)
  if (data.length === 0) terminal.print('No versions.')
}

export async function deploy(
  context: Context,
  name: string,
  { version, ...options }: Deploy & { readonly version?: string },
): Promise<void> {
  if (version !== undefined && !/^[1-9]\d{0,8}$/.test(version))
    throw new WrongUse(`--version: expected the number of a version, found "${version}".`)
  const connection = context.connect()
  const { id, deployed_version } = await getWorkflow(connection, name, context.environment.cwd)
  const { data } = await connection.client.get('/api/workflows/{id}/versions', { path: { id }, query: { limit: 1 } })
  const wanted = version === undefined ? data[0]?.number : Number(version)
  if (wanted === undefined)
    throw new Failure(`${name} has no version yet: "workflows push ${name} --deploy" saves and deploys one.`)
  await deployVersion(context, id, wanted, deployed_version, options)
}

export async function rollback(context: Context, name: string, options: Deploy): Promise<void> {
  const connection = context.connect()
  const { id, deployed_version } = await getWorkflow(connection, name, context.environment.cwd)
  if (deployed_version === null) throw new Failure(`${name} is not deployed, so there is nothing to go back from.`)
  if (deployed_version === 1) throw new Failure(`Version 1 of ${name} is deployed: there is none before it.`)
  await deployVersion(context, id, deployed_version - 1, deployed_version, options)
}

async function deployVersion(
  context: Context,
  id: string,
  version: number,
  before: number | null,
  { json, pastGate }: Deploy,
): Promise<void> {
  const { client } = context.connect()
  const path = { id, number: String(version) }
  const done = await client.post('/api/workflows/{id}/versions/{number}/deploy', {
    path,
    body: { base_deployed: before ?? 0, force: pastGate },
  })
  if (json) return context.terminal.json({ deployed_version: done.number, before })
  context.terminal.print(`Version ${done.number} is deployed${before === null ? '' : ` (before: ${before})`}.`)
}
