/** Stopping, as a person at a terminal and a service manager do it. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type HttpTarget, heldBy, startHttpTarget } from '../helpers/http-target.ts'
import { spawnServer, startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, until } from '../helpers/workflows.ts'

const QUICK = 'def workflow(_request, settings):\n    return {"status_code": 200, "body": "done"}\n'

type Busy = { readonly server: TestServer; readonly target: HttpTarget; readonly answer: Promise<string | null> }

/** Starts a server with one run, which waits for the target. The answer is null if it never comes. */
async function startBusy(t: TestContext): Promise<Busy> {
  const target = await startHttpTarget()
  t.after(() => target.close())
  const server = await startServer({
    env: { WORKFLOWS_GRACE_SECONDS: '600', WORKFLOWS_EGRESS_ALLOW: `127.0.0.1:${target.port}` },
  })
  const workflow = await createCatch(server, { source: heldBy(target), timeout_seconds: 600 })
  const answer = callHook(workflow, {}).then(
    ({ text }) => text,
    () => null,
  )
  await until(async () => target.asked.length > 0)
  return { server, target, answer }
}

const untilStopping = (server: TestServer): Promise<boolean> =>
  until(async () => server.output().includes('Stopping: active runs may finish.'))

test('a signal that comes twice at once, as Ctrl-C under npm does, still lets the run under way finish', async (t) => {
  const { server, target, answer } = await startBusy(t)
  try {
    const stopped = server.stop('SIGINT')
    server.process.kill('SIGINT')
    server.process.kill('SIGTERM')
    await untilStopping(server)
    target.release()
    assert.equal(await answer, 'done')
    assert.equal(await stopped, 0)
  } finally {
    await server.close()
  }
})

/** Signals within a second of the first count as the same one. */
const untilKilled = (server: TestServer, signal: NodeJS.Signals): Promise<unknown> =>
  until(async () => {
    server.process.kill(signal)
    return server.process.exitCode !== null
  })

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`a second ${signal}, more than a second after the first, ends it at once, and its run is lost`, async (t) => {
    const { server, answer } = await startBusy(t)
    let again: TestServer | null = null
    try {
      const stopped = server.stop(signal)
      await untilStopping(server)
      await untilKilled(server, signal)
      assert.equal(await stopped, code)
      assert.equal(await answer, null)
      again = await startServer({ dataDir: server.dataDir })
      const { body } = await again.api<{ data: { status: string }[] }>('GET', '/api/runs')
      assert.deepEqual(
        body.data.map(({ status }) => status),
        ['lost'],
      )
    } finally {
      await again?.close()
      await server.close()
    }
  })
}

test('a signal that comes with the word that the server is ready stops it cleanly', async () => {
  for (let time = 0; time < 3; time += 1) {
    const dataDir = await mkdtemp(join(tmpdir(), 'workflows-test-'))
    const child = spawnServer({ WORKFLOWS_PORT: '0', WORKFLOWS_DATA_DIR: dataDir, WORKFLOWS_SANDBOX: 'bwrap' })
    let printed = ''
    let isTold = false
    child.stdout?.on('data', (chunk) => {
      printed += chunk
      if (!isTold && printed.includes('Workflows is ready')) isTold = child.kill('SIGTERM')
    })
    const [code, signal] = await once(child, 'exit')
    await rm(dataDir, { recursive: true })
    assert.deepEqual([code, signal], [0, null], printed)
  }
})

test('a signal during the start stops the server cleanly after it', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'workflows-early-'))
  t.after(() => rm(dataDir, { recursive: true }))
  const child = spawnServer({ WORKFLOWS_DATA_DIR: dataDir, WORKFLOWS_PORT: '0' })
  child.stdout?.resume()
  child.stderr?.resume()
  const exit = once(child, 'exit')
  await until(async () => existsSync(join(dataDir, 'workflows.db')))
  child.kill('SIGTERM')
  assert.deepEqual(await exit, [0, null])
})

test('a short API key works, with a warning that does not show it', async () => {
  const server = await startServer({ env: { WORKFLOWS_API_KEY: 'short-key' } })
  try {
    assert.equal((await server.api('GET', '/api/workflows')).status, 200)
    assert.match(server.output(), /^WARNING: WORKFLOWS_API_KEY is shorter than 16 characters/m)
    assert.doesNotMatch(server.output(), /short-key/)
  } finally {
    await server.close()
  }
})

test('with WORKFLOWS_DRAIN_SECONDS a server that stops serves on, says so in /readyz, and ends each connection', async () => {
  const server = await startServer({ env: { WORKFLOWS_DRAIN_SECONDS: '600' } })
  try {
    const workflow = await createCatch(server, { source: QUICK })
    const ready = () => fetch(`${server.url}/readyz`)
    assert.equal((await ready()).headers.get('connection'), 'keep-alive')
    const stopped = server.stop('SIGTERM')
    await until(async () => (await ready()).status === 503)
    const answer = await callHook(workflow, {})
    assert.deepEqual([answer.status, answer.headers.get('connection')], [200, 'close'])
    await untilKilled(server, 'SIGTERM')
    assert.equal(await stopped, 143)
  } finally {
    await server.close()
  }
})

for (const [origin, planted] of [
  ['uncaughtException', `throw new Error("planted")`],
  ['unhandledRejection', `Promise.reject(new Error("planted"))`],
] as const) {
  test(`Z3-01 the log says once why the server ends by an ${origin}`, async () => {
    const program = `process.on("SIGUSR2", () => { ${planted} })`
    const options = `--import=data:text/javascript,${encodeURIComponent(program)}`
    const server = await startServer({ env: { NODE_OPTIONS: options } })
    assert.equal(await server.stop('SIGUSR2'), 70)
    const lines = server.output().split('\n')
    const said = lines.filter((line) => line.includes('"msg":"the server ends because of an internal error"'))
    assert.equal(said.length, 1, server.output())
    const { level, err, origin: found } = JSON.parse(said[0] ?? '')
    assert.deepEqual([level, err.message, found], [60, 'planted', origin])
    assert.match(err.stack, /at process/)
    await server.close()
  })
}
