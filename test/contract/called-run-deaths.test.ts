/** A server that is killed starts no called run twice, and loses no end of one. Triggers stop it at the moments that count. */

import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { LONG_LEASE, startCluster } from '../helpers/cluster.ts'
import { openSql } from '../helpers/databases.ts'
import { bodyOf, ended, make, OK, runIdOf, stepsOf, waiting } from '../helpers/durable.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, must, type RunBody, until } from '../helpers/workflows.ts'

const CALLERS = 3

type Sql = (statement: string) => Promise<void>
type Engine = {
  readonly name: string
  /** `again` starts another server on the data. */
  start(t: TestContext): Promise<{ server: TestServer; sql: Sql; again(): Promise<TestServer> }>
  /** Such statements fail until the trigger is released. */
  hold(sql: Sql, trigger: string, on: string, when: string): Promise<void>
  release(sql: Sql, trigger: string, table: string): Promise<void>
}

const ENGINES: readonly Engine[] = [
  {
    name: 'SQLite',
    async start(t) {
      const server = await startServer({ env: LONG_LEASE })
      t.after(() => server.close())
      const { dataDir } = server
      const again = async () => {
        const next = await startServer({ env: { ...LONG_LEASE, WORKFLOWS_API_KEY: server.apiKey }, dataDir })
        t.after(() => next.stop())
        return next
      }
      return { server, sql: await openSql(t, { databaseUrl: null, dataDir }), again }
    },
    hold: (sql, trigger, on, when) =>
      sql(`create trigger ${trigger} before ${on} for each row when ${when} begin select raise(abort, 'held'); end`),
    release: (sql, trigger) => sql(`drop trigger ${trigger}`),
  },
  {
    name: 'PostgreSQL',
    async start(t) {
      const cluster = await startCluster(1, LONG_LEASE)
      const [server] = cluster.servers
      assert.ok(server)
      // The connection closes before the database stops.
      const sql = await openSql(t, { databaseUrl: cluster.databaseUrl, dataDir: server.dataDir })
      t.after(() => cluster.close())
      await sql("create function held() returns trigger as $$ begin raise exception 'held'; end $$ language plpgsql")
      return { server, sql, again: () => cluster.start() }
    },
    hold: (sql, trigger, on, when) =>
      sql(`create trigger ${trigger} before ${on} for each row when (${when}) execute function held()`),
    release: (sql, trigger, table) => sql(`drop trigger ${trigger} on ${table}`),
  },
]

const says = (server: TestServer, text: string) => until(async () => server.output().includes(text))

describe('on both engines', { concurrency: true }, () => {
  for (const engine of ENGINES) {
    test(`a server is killed while it starts called runs, and when they have ended (${engine.name})`, async (t) => {
      const { server, sql, again } = await engine.start(t)
      const called = await make(server, `x = step("n", lambda: _request["n"])\n${OK}`)
      const caller = await make(server, `x = run(_request["name"], {"n": _request["n"]})["body"]\n${OK}`)
      const runsOf = async (from: TestServer) =>
        (await must(from.api<{ data: RunBody[] }>('GET', `/api/workflows/${called.id}/runs`), 200)).data
      await engine.hold(sql, 'hold_calls', 'insert on run_steps', "new.kind = 'run'")
      const ends = 'old.parent_waits = 1 and new.parent_waits is null'
      await engine.hold(sql, 'hold_ends', 'update of parent_waits on runs', ends)
      const ids: string[] = []
      for (let n = 0; n < CALLERS; n += 1) {
        const answer = await callHook(caller, { name: called.id, n }, { headers: { prefer: 'respond-async' } })
        ids.push(runIdOf(answer))
      }
      await says(server, 'a waiting run could not be stored')
      assert.deepEqual(await runsOf(server), [])
      await server.stop('SIGKILL')
      await engine.release(sql, 'hold_calls', 'run_steps')

      const second = await again()
      const children = await until(async () => {
        const found = await runsOf(second)
        return found.length === CALLERS && found.every(({ status }) => status === 'succeeded') && found
      })
      await says(second, 'could not get its end')
      for (const id of ids) assert.equal((await waiting(second, id)).status, 'waiting')
      await second.stop('SIGKILL')
      await engine.release(sql, 'hold_ends', 'runs')

      const third = await again()
      for (const [n, id] of ids.entries()) {
        const run = await ended(third, id)
        assert.deepEqual([run.status, bodyOf(run)], ['succeeded', String(n)])
        const [step, ...rest] = await stepsOf(third, id)
        assert.deepEqual([step?.status, rest], ['done', []])
        assert.equal(children.find(({ parent_run_id }) => parent_run_id === id)?.id, step?.run_id)
      }
      assert.equal((await runsOf(third)).length, CALLERS)
    })
  }
})
