/** `npm run backup`, `restore` and `rotate-key` as a person types them, beside a real server. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { readSecretKey } from '../../src/store/secrets/secret-key.ts'
import { sealFile } from '../../src/store/upkeep/sealed-file.ts'
import { begin, bodyOf, ended, OK, stepsOf, waiting } from '../helpers/durable.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { callHook, createCatch, must, runOf } from '../helpers/workflows.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'workflows-keeping-'))
after(() => rmSync(folder, { recursive: true }))

const COUNTS =
  'def workflow(r, s):\n    s["n"] = s.get("n", 0) + 1\n    return {"status_code": 200, "body": s["token"]}\n'

type Ended = { readonly status: number | null; readonly output: string }

/** As npm starts it: in the clone, and telling where it was called. */
async function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const child = spawn('sh', ['scripts/run.sh', ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH ?? '', HOME: folder, INIT_CWD: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const [status] = await once(child, 'close')
  assert.doesNotMatch(output, /^\s+at .*[:(]\d+/m, 'a stack trace was printed')
  return { status, output }
}

async function makeWorkflow(server: TestServer) {
  const workflow = await createCatch(server, { source: COUNTS })
  const token = { value: 'open sesame, please', secret: true }
  await must(server.api('PUT', `/api/workflows/${workflow.id}/settings/token`, token), 200)
  return workflow
}

test('a backup that was taken while the server worked is restored to where the server finds it', async () => {
  const server = await startServer()
  const workflow = await makeWorkflow(server)
  const before = await runOf(server, await callHook(workflow, {}))
  const made = await run(['backup', 'copy.db'], { WORKFLOWS_DATA_DIR: server.dataDir })
  assert.equal(made.status, 0, made.output)
  assert.match(
    made.output,
    /^Backed up to .*copy\.db: [\d,]+ bytes, checked.*\nThe secret key \([0-9a-f]{8}\) is not in it/,
  )
  assert.equal(statSync(join(folder, 'copy.db')).mode & 0o777, 0o600)
  const twice = await run(['backup', 'copy.db'], { WORKFLOWS_DATA_DIR: server.dataDir })
  assert.deepEqual([twice.status, /exists already/.test(twice.output)], [1, true], twice.output)
  const after = await runOf(server, await callHook(workflow, {}))
  const early = await run(['restore', 'copy.db', '--replace'], { WORKFLOWS_DATA_DIR: server.dataDir })
  assert.deepEqual([early.status, /^Another server is using/.test(early.output)], [1, true], early.output)
  await server.stop()

  const elsewhere = join(folder, 'elsewhere')
  const keyless = await run(['restore', 'copy.db'], { WORKFLOWS_DATA_DIR: elsewhere })
  assert.deepEqual([keyless.status, /put its secret\.key into/.test(keyless.output)], [1, true], keyless.output)
  const unasked = await run(['restore', 'copy.db'], { WORKFLOWS_DATA_DIR: server.dataDir })
  assert.deepEqual([unasked.status, /--replace/.test(unasked.output)], [1, true], unasked.output)
  const done = await run(['restore', 'copy.db', '--replace'], { WORKFLOWS_DATA_DIR: server.dataDir })
  assert.equal(done.status, 0, done.output)
  assert.match(done.output, /Start the server now\.\nThe former database is .*workflows\.db\.replaced-/)

  const again = await startServer({ dataDir: server.dataDir })
  try {
    assert.equal((await again.api('GET', `/api/runs/${before.id}`)).status, 200)
    assert.equal((await again.api('GET', `/api/runs/${after.id}`)).status, 404)
    const hook = String((await must(again.api('GET', `/api/workflows/${workflow.id}`), 200)).hook_url)
    assert.equal((await callHook({ ...workflow, hook_url: hook }, {})).text, 'open sesame, please')
  } finally {
    await again.close()
  }
})

test('S18 ST103 the secret key is rotated while no server runs, waiting runs go on, and wrong keys are refused', async () => {
  const server = await startServer()
  const workflow = await makeWorkflow(server)
  const body = `x = step("send", lambda: url_of("signed"))\nx = wait_for("signed", within="30d")["n"]\n${OK}`
  const sleeper = await begin(server, body)
  await waiting(server, sleeper.id)
  const [sent] = await stepsOf(server, sleeper.id)
  const busy = await run(['rotate-key'], { WORKFLOWS_DATA_DIR: server.dataDir })
  assert.deepEqual([busy.status, /^Another server is using/.test(busy.output)], [1, true], busy.output)
  await server.stop()
  const keys = () => readdirSync(server.dataDir).filter((name) => name.startsWith('secret.key'))
  const former = join(folder, 'former.key')
  copyFileSync(join(server.dataDir, 'secret.key'), former)
  const data = { WORKFLOWS_DATA_DIR: server.dataDir }
  assert.equal((await run(['backup', 'before-rotation.db'], data)).status, 0)
  await sealFile(
    join(folder, 'before-rotation.db'),
    join(folder, 'before.db.enc'),
    readSecretKey(server.dataDir) ?? assert.fail(),
  )
  const done = await run(['rotate-key'], data)
  // The secret setting, its entry in the history, the sleeper's stored step, and its wait.
  assert.deepEqual(
    [done.status, /^4 value\(s\) are encrypted with the new key/.test(done.output)],
    [0, true],
    done.output,
  )
  assert.equal(keys().length, 2, `${keys()}`)
  for (const file of ['before-rotation.db', 'before.db.enc']) {
    const tried = await run(['restore', file, '--verify'], data)
    assert.deepEqual([tried.status, /can be restored/.test(tried.output)], [0, true], tried.output)
  }

  const again = await startServer({ dataDir: server.dataDir })
  const hook = String((await must(again.api('GET', `/api/workflows/${workflow.id}`), 200)).hook_url)
  assert.equal((await callHook({ ...workflow, hook_url: hook }, {})).text, 'open sesame, please')
  // The server has another port now.
  const url = `${again.url}${new URL(String(sent?.result)).pathname}`
  const posted = await fetch(url, { method: 'POST', body: '{"n": 7}', headers: { 'content-type': 'application/json' } })
  assert.equal(posted.status, 202, await posted.text())
  assert.equal(bodyOf(await ended(again, sleeper.id)), 7)
  await again.stop()

  rmSync(join(server.dataDir, 'secret.key'))
  await assert.rejects(startServer({ dataDir: server.dataDir }), /its secret key is not: put .*secret\.key back/)
  assert.equal(keys().length, 1, 'no other key was made')
  copyFileSync(former, join(server.dataDir, 'secret.key'))
  await assert.rejects(startServer({ dataDir: server.dataDir }), /secret key does not fit this database/)
  rmSync(server.dataDir, { recursive: true })
})

test('commands say what they take', async () => {
  const data = { WORKFLOWS_DATA_DIR: join(folder, 'none') }
  const cases: [readonly string[], RegExp][] = [
    [['backup'], /^backup: expected FILE, found nothing\.\n\nUsage/],
    [['backup', 'a', 'b'], /^backup: expected FILE, found a b\./],
    [['backup', 'a', '--replace'], /^backup: expected FILE, found a --replace\./],
    [['rotate-key', 'now'], /^rotate-key: expected nothing more, found now\./],
    [
      ['restore', 'a', '--force'],
      /^restore: expected the options --replace, --verify, --newest or --help, found --force\.\n\nUsage/,
    ],
    [['restore', 'a', '-f'], /^restore: expected the options --replace, --verify, --newest or --help, found -f\./],
    [['restore', 'a', '--key=s3cret'], /^restore: expected the options [^=]+, found --key\.\n/],
    [['restore', 'a', '--replace=yes'], /^restore: expected --replace without a value, found one\.\n\nUsage/],
    [['rotate-key', '--force', '--help'], /^rotate-key: expected the option --help, found --force\./],
  ]
  for (const [args, message] of cases) {
    const { status, output } = await run(args, data)
    assert.equal(status, 2, output)
    assert.match(output, message)
  }
  const none = await run(['backup', 'x.db'], data)
  assert.deepEqual([none.status, /^There is no database in/.test(none.output)], [1, true], none.output)
})
