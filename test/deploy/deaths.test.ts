/** The server is killed while it deploys in the background: each deployment that is there has its audit line, and each line its deployment. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStore } from '../../src/store/create-store.ts'
import type { DatabaseOptions } from '../../src/store/database/database.ts'
import { createKeyring } from '../../src/store/secrets/encryption.ts'
import { forEachDatabase } from '../helpers/databases.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { must, until } from '../helpers/workflows.ts'

/** `DEATHS=200` for the whole proof. */
const ROUNDS = Number(process.env.DEATHS ?? 2)
const SECRET = Buffer.alloc(32, 7)
const WORKFLOWS = 4

async function deployUntilDead(server: TestServer, ids: readonly string[]): Promise<void> {
  const callers = ids.map(async (id) => {
    for (let count = 0; ; count += 1)
      await fetch(`${server.url}/api/workflows/${id}/versions`, {
        method: 'POST',
        body: JSON.stringify({ source: `def workflow(r, s):\n    return ${count}\n` }),
        headers: {
          authorization: `Bearer ${server.apiKey}`,
          'content-type': 'application/json',
          prefer: 'respond-async',
        },
      })
  })
  // Each ends with the connection.
  await Promise.allSettled(callers)
}

/** Compares what is stored, while no server runs. Returns how many deployments there are. */
async function compare(database: DatabaseOptions, ids: readonly string[]): Promise<number> {
  const store = await createStore({ ...database, keyring: createKeyring(SECRET), serverId: 'srv_compare' })
  try {
    let count = 0
    for (const id of ids) {
      const page = { limit: 100_000, cursor: null }
      const versions = (await store.workflows.listVersions(id, page)).data
      const deployed = versions.filter(({ deployedAt }) => deployedAt !== null).map(({ number }) => `version ${number}`)
      const lines = (await store.audit.list(page, { action: 'version.deploy', workflowId: id })).data
      assert.deepEqual(lines.map(({ detail }) => detail).sort(), deployed.sort())
      count += lines.length
    }
    return count
  } finally {
    await store.close()
  }
}

forEachDatabase(({ createDatabase }) => {
  test(`a deployment in the background and its audit line are both there after ${ROUNDS} deaths, or neither`, async (t) => {
    const database = await createDatabase(t)
    const { databaseUrl, dataDir } = database
    const env = {
      WORKFLOWS_API_KEY: 'wf_a_key_for_the_deaths_of_deployments',
      WORKFLOWS_SECRET_KEY: SECRET.toString('base64'),
      ...(databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }),
    }
    const ids: string[] = []
    let before = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const server = await startServer({ env, dataDir })
      t.after(() => server.stop('SIGKILL'))
      while (ids.length < WORKFLOWS) {
        const body = { name: `deaths ${ids.length}`, kind: 'catch' }
        ids.push((await must(server.api<{ id: string }>('POST', '/api/workflows', body), 201)).id)
      }
      const calls = deployUntilDead(server, ids)
      await until(async () => (await countDeployments(server)) >= Math.min(before + 5, 100))
      await server.stop('SIGKILL')
      await calls
      before = await compare(database, ids)
    }
  })
})

/** Up to 100. */
const countDeployments = async (server: TestServer): Promise<number> =>
  (await must(server.api<{ data: unknown[] }>('GET', '/api/audit?action=version.deploy&limit=100'), 200)).data.length
