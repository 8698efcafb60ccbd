/** Contract, section 6, "what an answer promises", as the kernel sees it: what was flushed when. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createDirectory, createPostgres } from '../helpers/databases.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { readCalls, type SystemCall, straceTo } from '../helpers/strace.ts'
import { callHook, createCatch } from '../helpers/workflows.ts'

/** The marks are put together at run time, so that they stand nowhere but where they are sent. */
const SOURCE = `
def workflow(_request, settings):
    print("the function begins " + _request["mark"], flush=True)
    settings["mark"] = _request["mark"]
    print("the function ends " + _request["mark"], flush=True)
    return {"status_code": 200, "body": "the answer " + _request["mark"]}
`

const ANSWER = /^(write|writev|sendto|sendmsg)\(.*"HTTP\/1\.1 200.*the answer second/

function startTraced(file: string, env: Readonly<Record<string, string>>, dataDir: string): Promise<TestServer> {
  const through = (command: readonly string[]) => {
    const [program = '', ...args] = [...straceTo(file), ...command]
    return { file: program, args, identity: {} }
  }
  return startServer({ env, dataDir, through })
}

/** Calls a hook, and finds the flushes of the database's log on both sides of the function. */
async function assertFlushed(server: TestServer, traces: readonly string[], log: RegExp): Promise<void> {
  const workflow = await createCatch(server, { source: SOURCE })
  // A first call starts the workers, so that nothing but the second one's own writes lie between its marks.
  for (const mark of ['first', 'second']) {
    const answer = await callHook(workflow, { mark })
    assert.equal(answer.text, `the answer ${mark}`)
    if (mark === 'first') continue
    const runId = answer.headers.get('workflow-run') ?? assert.fail('no Workflow-Run')
    const calls = await readCalls(traces, ANSWER)
    const at = (what: RegExp) => {
      const found = calls.findIndex(({ text }) => what.test(text))
      assert.ok(found >= 0, `strace has noted no call like ${what}`)
      return found
    }
    const [began, ended] = [at(/write\(.*the function begins second/), at(/write\(.*the function ends second/)]
    const received = at(/\\"mark\\":\\"second\\"/)
    const answered = at(ANSWER)
    assert.ok(received < began && began < ended && ended < answered, [received, began, ended, answered].join(' '))
    assertFlushedWithin(calls.slice(received, began), log, runId, 'before the function starts')
    assertFlushedWithin(calls.slice(ended, answered), log, runId, 'before the caller is answered')
  }
}

/** The run is written to the log, and then a flush of the log begins and ends well. */
function assertFlushedWithin(calls: readonly SystemCall[], log: RegExp, runId: string, when: string): void {
  const shown = calls.map(({ text }) => text.slice(0, 120)).join('\n')
  const isLog = ({ text }: SystemCall) => log.test(text.slice(0, 300))
  const written = calls.findIndex(
    (call) => /^pwritev?(64)?\(/.test(call.text) && isLog(call) && call.text.includes(runId),
  )
  assert.ok(written >= 0, `the run is not written ${when}:\n${shown}`)
  const after = calls.slice(written + 1)
  const begun = after.findIndex((call) => /^f(data)?sync\(/.test(call.text) && isLog(call))
  assert.ok(begun >= 0, `the log is not flushed ${when}:\n${shown}`)
  const isDone = ({ text }: SystemCall) => /^(f(data)?sync\(|<\.\.\. f(data)?sync resumed).*\) += 0$/.test(text)
  assert.ok(after.slice(begun).some(isDone), `the flush has not ended ${when}:\n${shown}`)
}

test('D04 SQLite: the log is flushed between request and function, and between function and answer', async (t) => {
  const trace = join(createDirectory(t), 'server')
  const server = await startTraced(trace, {}, createDirectory(t))
  t.after(() => server.close())
  await assertFlushed(server, [trace], /workflows\.db-wal>/)
})

test('D04 PostgreSQL: the log is flushed between request and function, and between function and answer', async (t) => {
  const directory = createDirectory(t)
  const traces = [join(directory, 'server'), join(directory, 'postgres')] as const
  const postgres = createPostgres([], straceTo(traces[1]))
  t.after(() => postgres.stop())
  const server = await startTraced(traces[0], { DATABASE_URL: await postgres.createDatabase() }, createDirectory(t))
  t.after(() => server.close())
  await assertFlushed(server, traces, /\/pg_wal\//)
})
