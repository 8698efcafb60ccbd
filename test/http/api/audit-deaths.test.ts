/** The server is killed while it changes things: each change that is there has its audit line, and each line its change. */

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { forEachDatabase } from '../../helpers/databases.ts'
import { type Answer, startServer, type TestServer } from '../../helpers/server.ts'

/** `DEATHS=200` for the whole proof. */
const ROUNDS = Number(process.env.DEATHS ?? 2)
const SOURCE = 'def workflow(_request, settings):\n    return None\n'

type Line = { readonly action: string; readonly detail: string; readonly workflow_id: string | null }
type Named = { readonly id: string; readonly name: string; readonly deployed_version: number | null }

/** What a server is asked for until it dies. Each call has a name of its own. */
async function changeUntilDead(server: TestServer, workflowId: string, tag: string): Promise<void> {
  const change = async (index: number) => {
    const name = `${tag}-${index}`
    await server.api('POST', '/api/keys', { name, scopes: ['read'] })
    await server.api('PUT', `/api/workflows/${workflowId}/settings/${name}`, { value: 'x' })
    await server.api('POST', '/api/invitations', { email: `${name}@example.com`, role: 'viewer' })
    await server.api('POST', `/api/workflows/${workflowId}/versions`, { source: SOURCE, message: name })
    await server.api('POST', `/api/workflows/${workflowId}/runs`, {})
  }
  const callers = Array.from({ length: 3 }, async (_, caller) => {
    for (let index = caller; ; index += 3) await change(index)
  })
  // Each ends with the connection.
  await Promise.allSettled(callers)
}

async function listAll<T>(server: TestServer, path: string): Promise<readonly T[]> {
  type Found = { readonly data: readonly T[]; readonly next_cursor: string | null }
  const found: T[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const answer: Answer<Found> = await server.api<Found>('GET', `${path}?limit=100${query}`)
    assert.equal(answer.status, 200, answer.text)
    found.push(...answer.body.data)
    cursor = answer.body.next_cursor
  }
  return found
}

async function compare(server: TestServer, workflowId: string): Promise<number> {
  const lines = await listAll<Line>(server, '/api/audit')
  const of = (action: string) => lines.filter((line) => line.action === action).map(({ detail }) => detail)
  const keys = (await server.api<{ data: Named[] }>('GET', '/api/keys')).body.data.map(({ name }) => name)
  assert.deepEqual(of('key.create').sort(), keys.sort(), 'keys')
  const settings = await listAll<{ key: string }>(server, `/api/workflows/${workflowId}/settings`)
  assert.deepEqual(of('setting.set').sort(), settings.map(({ key }) => key).sort(), 'settings')
  const invitations = (await server.api<{ data: { email: string }[] }>('GET', '/api/invitations')).body.data
  const invited = invitations.map(({ email }) => `${email} as viewer`)
  assert.deepEqual(of('invitation.create').sort(), invited.sort(), 'invitations')
  const versions = await listAll<{ number: number }>(server, `/api/workflows/${workflowId}/versions`)
  const deployed = of('version.deploy').map((detail) => Number(/\d+/.exec(detail)?.[0]))
  assert.deepEqual(deployed.sort(), versions.map(({ number }) => number).sort(), 'deployments')
  const runs = await listAll<{ id: string }>(server, `/api/workflows/${workflowId}/runs`)
  assert.deepEqual(of('run.start').sort(), runs.map(({ id }) => id).sort(), 'runs')
  return lines.length
}

forEachDatabase(({ createDatabase }) => {
  test(`a change and its audit line are both there after ${ROUNDS} deaths of the server, or neither`, async (t) => {
    const { databaseUrl } = await createDatabase(t)
    const dataDir = await mkdtemp(join(tmpdir(), 'workflows-deaths-'))
    t.after(() => rm(dataDir, { recursive: true, force: true }))
    const env: Record<string, string> = {
      WORKFLOWS_API_KEY: 'wf_a_key_for_the_deaths_of_servers',
      WORKFLOWS_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
      ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
    }
    let server = await startServer({ env, dataDir })
    t.after(() => server.stop('SIGKILL'))
    const { body } = await server.api<Named>('POST', '/api/workflows', { name: 'deaths', kind: 'catch' })
    let before = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const changes = changeUntilDead(server, body.id, `round${round}`)
      await untilLines(server, before + 10)
      await server.stop('SIGKILL')
      await changes
      server = await startServer({ env, dataDir })
      before = await compare(server, body.id)
    }
  })
})

/** Waits until the audit log has grown, so that each round kills a server that is in the middle of changes. */
async function untilLines(server: TestServer, count: number): Promise<void> {
  for (;;) if ((await listAll<Line>(server, '/api/audit')).length >= count) return
}
