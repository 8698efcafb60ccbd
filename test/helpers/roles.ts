import type { Role } from '../../src/domain/shared/access.ts'
import { type Answer, readAnswer, type ServerApi, type TestServer } from './server.ts'
import { must, until } from './workflows.ts'

const PASSWORD = 'correct horse battery'

/** The headers that authenticate a caller. */
export type Sender = Readonly<Record<string, string>>
export type Person = { readonly id: string; readonly sender: Sender }

export async function createOwner(server: TestServer): Promise<Person> {
  const token = await until(async () => /\/setup#token=([\w-]+)/.exec(server.output())?.[1])
  return await join(server, '/api/setup', { token, name: 'Ada', email: 'ada@example.com', password: PASSWORD })
}

/** The invited person accepts. */
export async function createPerson(server: ServerApi, role: Role, name: string): Promise<Person> {
  const invited = server.api<{ url: string }>('POST', '/api/invitations', { email: `${name}@example.com`, role })
  const { url } = await must(invited, 201)
  return await join(server, '/api/invitations/accept', { token: url.split('#token=')[1], name, password: PASSWORD })
}

/** Calls the API as a person or with a key. */
export async function callAs<T>(
  server: Pick<ServerApi, 'url'>,
  sender: Sender,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer<T>> {
  const headers = { ...sender, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
  return await readAnswer<T>(await fetch(new URL(path, server.url), init))
}

async function join(server: Pick<ServerApi, 'url'>, path: string, body: unknown): Promise<Person> {
  const answer = await callAs<{ id: string }>(server, {}, 'POST', path, body)
  const { id } = await must(Promise.resolve(answer), 201)
  const cookies = answer.headers.getSetCookie().map((line) => line.split(';')[0])
  return { id, sender: { cookie: cookies.join('; '), origin: server.url, 'sec-fetch-site': 'same-origin' } }
}
