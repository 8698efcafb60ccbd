import { ApiError, createClient } from '../../client/index.ts'
import type { Context } from '../context.ts'
import { Failure, WrongUse } from '../errors.ts'
import { connect, parseServerUrl, removeCredentials, writeCredentials } from '../session.ts'

/** Stores the key once the server has accepted it. */
export async function login(
  context: Context,
  address: string,
  { key: given }: { readonly key?: string },
): Promise<void> {
  const { environment, terminal } = context
  const url = parseServerUrl(address)
  const key = given ?? (environment.isInteractive ? await askKey(url) : await context.readStdin())
  if (key === '')
    throw new WrongUse(
      'Expected an API key: --key KEY, or the key on standard input. Owners make keys in the app, under API keys.',
    )
  try {
    const me = await createClient({ baseUrl: url, apiKey: key }).get('/api/me')
    writeCredentials(environment, { url, key })
    terminal.print(`Logged in to ${url} as ${me.name} (${me.scopes.join(', ')}).`)
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error
    throw new Failure(`${url} does not know this API key. Owners make keys in the app, under API keys.`)
  }
}

async function askKey(url: string): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts')
  const key = await password({ message: `API key for ${url}` })
  if (isCancel(key)) throw new Failure('Cancelled.')
  return key
}

export function logout({ environment, terminal }: Context): void {
  terminal.print(
    removeCredentials(environment) ? 'Logged out: the key is removed from this computer.' : 'No key was kept.',
  )
}

export async function whoami({ environment, terminal }: Context, { json }: { readonly json: boolean }): Promise<void> {
  const { client, url } = connect(environment)
  const me = await client.get('/api/me')
  if (json) return terminal.json({ url, ...me })
  terminal.print(`${me.name} on ${url}`)
  terminal.print(`${me.type === 'api_key' ? 'API key' : 'person'} ${me.id}, may: ${me.scopes.join(', ')}`)
}
