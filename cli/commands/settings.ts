import type { Schemas } from '../../client/index.ts'
import type { Context } from '../context.ts'
import { Failure, WrongUse } from '../errors.ts'
import { getWorkflow } from '../folders/workflows.ts'
import { layOut } from '../terminal.ts'

type Json = { readonly json: boolean }
type Setting = Schemas['Setting']
const PAGE = 200

export async function listSettings(context: Context, name: string, { json }: Json): Promise<void> {
  const all = await readSettings(context, name)
  const { terminal } = context
  if (json) return terminal.json({ data: all.map(({ value, ...rest }) => ({ ...rest, value: parse(value) })) })
  const show = (settings: readonly Setting[]): void => {
    const rows = settings.map(({ key, value, secret }) => [key, secret ? '(secret)' : textOf(value)])
    for (const line of layOut(rows, terminal.width)) terminal.print(line)
  }
  const state = all.filter((setting) => setting.state)
  show(all.filter((setting) => !setting.state))
  if (state.length > 0) terminal.print(`${state.length < all.length ? '\n' : ''}State, written by the function:`)
  show(state)
  if (all.length === 0) terminal.print('No settings.')
}

export async function getSetting(context: Context, name: string, key: string, { json }: Json): Promise<void> {
  const found = (await readSettings(context, name)).find((setting) => setting.key === key)
  if (found === undefined)
    throw new Failure(`${name} has no setting "${key}". "workflows settings list ${name}" shows what it has.`)
  if (found.secret)
    throw new Failure(
      `"${key}" is a secret: its value is never shown. "workflows settings set ${name} ${key}" replaces it.`,
    )
  if (json) return context.terminal.json({ key, value: parse(found.value) })
  context.terminal.print(textOf(found.value))
}

/** `asJson`: any JSON, not text. Other users can't see standard input. */
export async function setSetting(
  context: Context,
  name: string,
  key: string,
  given: string | undefined,
  { secret, asJson }: { readonly secret: boolean; readonly asJson: boolean },
): Promise<void> {
  const connection = context.connect()
  const { id } = await getWorkflow(connection, name, context.environment.cwd)
  const text = given ?? (context.environment.isInteractive ? await askValue(key) : await context.readStdin())
  const value = asJson ? assertJson(text) : JSON.stringify(text)
  const body = { value, ...(secret ? { secret } : {}) }
  await connection.client.put('/api/workflows/{id}/settings/{key}', { path: { id, key }, body })
  context.terminal.print(`${key} is set.`)
}

export async function unsetSetting(context: Context, name: string, key: string): Promise<void> {
  const connection = context.connect()
  const { id } = await getWorkflow(connection, name, context.environment.cwd)
  await connection.client.delete('/api/workflows/{id}/settings/{key}', { path: { id, key } })
  context.terminal.print(`${key} is deleted.`)
}

async function readSettings(context: Context, name: string): Promise<readonly Setting[]> {
  const connection = context.connect()
  const { id } = await getWorkflow(connection, name, context.environment.cwd)
  const all: Setting[] = []
  for (let cursor: string | null = null; ; ) {
    const page: { data: Setting[]; next_cursor: string | null } = await connection.client.get(
      '/api/workflows/{id}/settings',
      {
        path: { id },
        query: { limit: PAGE, cursor },
      },
    )
    all.push(...page.data)
    cursor = page.next_cursor
    if (cursor === null) return all
  }
}

async function askValue(key: string): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts')
  const value = await password({ message: `Value of ${key}` })
  if (isCancel(value)) throw new Failure('Cancelled.')
  return value
}

function assertJson(text: string): string {
  try {
    JSON.parse(text)
    return text
  } catch {
    throw new WrongUse('--as-json: expected JSON, found something else.')
  }
}

const parse = (value: unknown): unknown => (typeof value === 'string' ? JSON.parse(value) : null)

function textOf(value: unknown): string {
  const parsed = parse(value)
  return typeof parsed === 'string' ? parsed : String(value)
}
