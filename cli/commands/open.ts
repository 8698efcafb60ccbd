import { spawn } from 'node:child_process'
import type { Context } from '../context.ts'
import { getWorkflow } from '../folders/workflows.ts'

const OPENERS: Readonly<Record<string, readonly string[]>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
}

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
