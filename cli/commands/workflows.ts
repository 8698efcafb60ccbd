import { spawn } from 'node:child_process'
import type { Context } from '../context.ts'
import { getWorkflow, listWorkflows, type Workflow } from '../folders/workflows.ts'
import { layOut } from '../terminal.ts'

const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

export async function list({ connect, terminal }: Context, { json }: { readonly json: boolean }): Promise<void> {
  const data = await listWorkflows(connect().client)
  if (json) return terminal.json({ data })
  const rows = data.map((one) => [one.id, one.kind, stateOf(one), one.name])
  for (const line of layOut(rows, terminal.width)) terminal.print(line)
  if (rows.length === 0) terminal.print('There is no workflow. "workflows init" makes the folder of one.')
}

const stateOf = ({ enabled, deployed_version: version }: Workflow): string =>
  version === null ? 'not deployed' : `version ${version}${enabled ? '' : ', disabled'}`

/** On a terminal, opens the URL too. */
export async function open(context: Context, name: string): Promise<void> {
  const { environment, terminal } = context
  const connection = context.connect()
  const { id } = await getWorkflow(connection, name, environment.cwd)
  const address = `${connection.url}/workflows/${id}`
  terminal.print(address)
  if (!environment.isInteractive) return
  const [command = 'xdg-open', ...args] = OPENERS[process.platform] ?? ['xdg-open']
  const child = spawn(command, [...args, address], { stdio: 'ignore', detached: true })
  child.on('error', () => terminal.note('No browser could be started: open the address yourself.'))
  child.unref()
}
