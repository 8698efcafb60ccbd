/** Servers behind the real PgBouncer, which lends connections for one transaction. */

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import pg from 'pg'
import { findCommand } from '../../../../scripts/set-up/system-packages.ts'
import type { Signal } from '../../../../src/domain/runs/signal.ts'
import { openDatabase } from '../../../../src/store/database/engines/open.ts'
import { createDirectory, openSql, openStore, sharedPostgres } from '../../../helpers/databases.ts'
import { startServer } from '../../../helpers/server.ts'
import { addRun, addWorkflow, FIRST_PAGE, finish, outcome } from '../../../helpers/store-data.ts'
import { callHook, createCatch, until } from '../../../helpers/workflows.ts'

const server = sharedPostgres()
const poolers: (() => Promise<void>)[] = []
after(async () => {
  for (const stop of poolers) await stop()
  await server.stop()
})
/** PgBouncer listens on a socket of its own directory. */
const PORT = 6432

/** It refuses to be root; PostgreSQL's socket is open to its own user alone. */
function userOfPostgres(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {}
  const uid = Number(execFileSync('id', ['-u', 'postgres']).toString())
  return { uid, gid: uid }
}

/** Returns the URL of the database through a PgBouncer that ignores these parameters. */
async function startPooler(directUrl: string, ignored: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-test-pooler-'))
  const user = userOfPostgres()
  if (user.uid !== undefined) chownSync(folder, user.uid, user.uid)
  chmodSync(folder, 0o755)
  const { searchParams, pathname } = new URL(directUrl)
  const file = join(folder, 'pgbouncer.ini')
  const lines = [
    '[databases]',
    `* = host=${searchParams.get('host')} user=postgres`,
    '[pgbouncer]',
    'listen_addr =',
    `listen_port = ${PORT}`,
    `unix_socket_dir = ${folder}`,
    'auth_type = any',
    'pool_mode = transaction',
    `ignore_startup_parameters = ${ignored}`,
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  const pooler = spawn(findCommand('pgbouncer') ?? '/usr/sbin/pgbouncer', ['-q', file], { ...user, stdio: 'ignore' })
  const ended = new Promise((resolve) => pooler.once('exit', resolve))
  poolers.push(async () => {
    pooler.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  const url = `postgres://postgres@localhost:${PORT}${pathname}?host=${encodeURIComponent(folder)}`
  await until(async () => {
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      return true
    } catch {
      return false
    } finally {
      await client.end()
    }
  })
  return url
}

const IGNORED = 'statement_timeout, idle_in_transaction_session_timeout, lock_timeout'
const refusal = (message: RegExp) => ({ name: 'StartError', message })

test('a server behind a pooler of transactions refuses to start, whatever the pooler ignores', async (t) => {
  const directUrl = await server.createDatabase()
  const dataDir = createDirectory(t)
  const strict = await startPooler(directUrl, 'extra_float_digits')
  const patient = await startPooler(directUrl, IGNORED)
  const lost = refusal(/pooler of connections that keeps no sessions.*WORKFLOWS_DATABASE_DIRECT_URL/)
  for (const databaseUrl of [strict, patient]) await assert.rejects(openStore(t, { databaseUrl, dataDir }), lost)
})

test('a direct way must lead to the same database, and the role must have limits of time', async (t) => {
  const [directUrl, other] = [await server.createDatabase(), await server.createDatabase()]
  const dataDir = createDirectory(t)
  const databaseUrl = await startPooler(directUrl, '')
  const elsewhere = refusal(/WORKFLOWS_DATABASE_DIRECT_URL leads to another database/)
  await assert.rejects(openStore(t, { databaseUrl, directUrl: other, dataDir }), elsewhere)
  const unlimited = refusal(/no limit for idle_in_transaction_session_timeout and statement_timeout.*alter role/)
  await assert.rejects(openStore(t, { databaseUrl, directUrl, dataDir }), unlimited)
})

test('with a direct way and limits of its role, servers behind a pooler hear each other and store runs', async (t) => {
  const limited = async (): Promise<string> => {
    const url = await server.createDatabase()
    const run = await openSql(t, { databaseUrl: url, dataDir: '' })
    for (const name of ['statement_timeout', 'idle_in_transaction_session_timeout'])
      await run(`alter database ${new URL(url).pathname.slice(1)} set ${name} = '60s'`)
    return url
  }
  const directUrl = await limited()
  const databaseUrl = await startPooler(directUrl, '')
  const options = { databaseUrl, directUrl, dataDir: createDirectory(t) }
  const [one, two] = [await openStore(t, options), await openStore(t, options)]
  const heard: Signal[] = []
  one.servers.onSignal((signal) => heard.push(signal))
  await until(async () => {
    // It knows of the other from its start.
    two.servers.publish({ kind: 'cancel', runId: 'run_1' })
    return heard.some(({ kind }) => kind === 'cancel')
  })
  const { id } = await addWorkflow(one, { maxConcurrency: 100 })
  const runs = await Promise.all(Array.from({ length: 40 }, (_, index) => addRun(index % 2 === 0 ? one : two, id)))
  await Promise.all(runs.map((run, index) => finish(index % 2 === 0 ? one : two, run, outcome())))
  assert.equal((await two.runs.list({ workflowId: id, status: 'succeeded' }, FIRST_PAGE)).data.length, 40)

  // The stores above have another key.
  const own = await limited()
  const through = new URL(databaseUrl)
  through.pathname = new URL(own).pathname
  const real = await startServer({ env: { DATABASE_URL: through.href, WORKFLOWS_DATABASE_DIRECT_URL: own } })
  try {
    const workflow = await createCatch(real, { source: 'def workflow(_request, settings):\n    settings["n"] = 1\n' })
    assert.equal((await callHook(workflow, {})).status, 200)
    assert.equal((await real.api('GET', '/readyz')).status, 200)
  } finally {
    await real.close()
  }
})

test('upgrades have no limit of time, where the role or the database has one', async (t) => {
  const databaseUrl = await server.createDatabase()
  const run = await openSql(t, { databaseUrl, dataDir: '' })
  await run(`alter database ${new URL(databaseUrl).pathname.slice(1)} set statement_timeout = '200ms'`)
  const database = await openDatabase({ databaseUrl, dataDir: createDirectory(t) })
  t.after(() => database.close())
  await database.maintain((db) => sql`select pg_sleep(0.5)`.execute(db))
})
