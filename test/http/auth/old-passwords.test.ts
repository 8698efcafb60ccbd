/** A sign-in with the old password at the moment of a new one, on one server and on two servers of one database. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { startCluster } from '../../helpers/cluster.ts'
import { createOwner, type Sender } from '../../helpers/roles.ts'
import type { TestServer } from '../../helpers/server.ts'
import { onEachSetup } from '../../helpers/setups.ts'
import { until } from '../../helpers/workflows.ts'

const env = { WORKFLOWS_TRUSTED_PROXIES: '127.0.0.1' }
const ROUNDS = 3
const ATTACKS = 8
const EVERY_MS = 40
const EMAIL = 'ada@example.com'

onEachSetup((prepare) => {
  let one: TestServer
  let other: TestServer
  prepare((setup) => ({ one, other } = setup))

  test('Z3-107 a sign-in with the old password, at the moment of a new one, leaves no session', async () => {
    let password = 'correct horse battery'
    let { sender } = await createOwner(one)
    const survived: string[] = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const old = password
      password = `correct horse battery ${round}`
      const body = { currentPassword: old, newPassword: password }
      const attacks: Promise<Response>[] = []
      const attack = async () => {
        attacks.push(post(other, '/api/auth/sign-in/email', { email: EMAIL, password: old }, fromElsewhere()))
        await delay(EVERY_MS)
      }
      await attack()
      const change = post(one, '/api/auth/change-password', body, { ...sender, ...fromElsewhere() })
      for (let sent = 1; sent < ATTACKS; sent += 1) await attack()
      const renewed = await change
      assert.equal(renewed.status, 200, await renewed.text())
      sender = { cookie: cookiesOf(renewed), origin: one.url }
      for (const answer of await Promise.all(attacks)) {
        const cookie = cookiesOf(answer)
        const { status } = await fetch(`${other.url}/api/people`, { headers: { cookie } })
        if (status !== 401) survived.push(`round ${round}: sign-in ${answer.status}, then ${status}`)
      }
    }
    assert.deepEqual(survived, [])
  })
}, env)

test('Z3-107 a new password on PostgreSQL ends a session that is stored while it waits', async (t) => {
  const cluster = await startCluster(2, env)
  t.after(() => cluster.close())
  const [one, other] = [cluster.servers[0], cluster.servers[1]]
  assert.ok(one && other)
  const [old, renewed] = ['correct horse battery', 'correct horse battery staple']
  const { sender } = await createOwner(one)
  const client = new pg.Client({ connectionString: cluster.databaseUrl })
  await client.connect()
  await client.query('begin')
  await client.query('select id from account for share')
  const body = { currentPassword: old, newPassword: renewed }
  const change = post(one, '/api/auth/change-password', body, sender)
  const waiters = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
  await until(async () => (await client.query(waiters)).rowCount === 1)
  const signIn = await post(other, '/api/auth/sign-in/email', { email: EMAIL, password: old })
  assert.equal(signIn.status, 200, await signIn.text())
  await client.end()
  assert.equal((await change).status, 200)
  const { status } = await fetch(`${other.url}/api/people`, { headers: { cookie: cookiesOf(signIn) } })
  assert.equal(status, 401)
})

let addresses = 0
/** Sign-ins of one address are limited. */
const fromElsewhere = (): Sender => {
  addresses += 1
  return { 'x-forwarded-for': `198.51.${addresses >> 8}.${addresses & 255}` }
}

const post = (server: TestServer, path: string, body: object, sender: Sender = {}) =>
  fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: server.url, ...sender },
    body: JSON.stringify(body),
  })

const cookiesOf = ({ headers }: Response): string =>
  headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
