import type { Context } from '../context.ts'
import { Failure } from '../errors.ts'
import { getWorkflow } from '../folders/workflows.ts'
import { layOut } from '../terminal.ts'

type Json = { readonly json: boolean }

export async function listHosts(context: Context, { json }: Json): Promise<void> {
  const { client } = context.connect()
  const network = await client.get('/api/network')
  const { terminal } = context
  if (json) return terminal.json(network)
  const { internal, operator, locked } = network
  const rows = internal.map(({ id, host, workflows, note }) => [
    id,
    host,
    workflows === 'all' ? 'all workflows' : `${workflows.length} ${workflows.length === 1 ? 'workflow' : 'workflows'}`,
    note,
  ])
  for (const line of layOut(rows, terminal.width)) terminal.print(line)
  if (rows.length === 0) terminal.print('Functions may reach no private address.')
  for (const [name, hosts] of Object.entries(operator)) {
    if (hosts.length > 0) terminal.print(`The operator ${name === 'allow' ? 'allows' : 'denies'} ${hosts.join(', ')}.`)
  }
  if (locked) terminal.print('WORKFLOWS_INTERNAL_HOSTS=operator locks this list.')
}

type AllowOptions = Json & { readonly workflow?: readonly string[]; readonly note?: string }

export async function allowHost(context: Context, host: string, { workflow = [], note, json }: AllowOptions) {
  const connection = context.connect()
  const { cwd } = context.environment
  const found = await Promise.all(workflow.map((name) => getWorkflow(connection, name, cwd)))
  const workflows = found.length === 0 ? {} : { workflows: found.map(({ id }) => id) }
  const body = { host, ...workflows, ...(note === undefined ? {} : { note }) }
  const made = await connection.client.post('/api/network/internal', { body })
  if (json) return context.terminal.json(made)
  context.terminal.print(`${made.host} is open for ${found.length === 0 ? 'all workflows' : workflow.join(', ')}.`)
}

/** `name` is an id or a host. */
export async function removeHost(context: Context, name: string): Promise<void> {
  const { client } = context.connect()
  const { internal } = await client.get('/api/network')
  const found = internal.filter(({ id, host }) => id === name || host === name)
  if (found.length === 0) throw new Failure(`There is no internal host "${name}". "workflows network list" shows them.`)
  for (const { id } of found) await client.delete('/api/network/internal/{id}', { path: { id } })
  context.terminal.print(`${name} is closed.`)
}
