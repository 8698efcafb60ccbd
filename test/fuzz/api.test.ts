/**
 * Schemathesis makes requests of all kinds from the OpenAPI document, by default a few for each operation.
 * `FUZZ_SECONDS=600 npm test -- test/fuzz/api.test.ts` makes more. `FUZZ_SEED` draws other values (test/helpers/seed.ts).
 */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { ensureTools, type Tools } from '../../scripts/set-up/tools.ts'
import { SEED } from '../helpers/seed.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { createCatch, createPull, must } from '../helpers/workflows.ts'

const SECONDS = process.env.FUZZ_SECONDS
/**
 * The number for each operation. With a limit of time, a busy machine would send fewer requests, all of them to the first
 * operations.
 */
const EXAMPLES = 1
const AMOUNT =
  SECONDS === undefined ? ['--phases', 'fuzzing', '--max-examples', String(EXAMPLES)] : ['--max-time', SECONDS]
const MIN_REQUESTS = 159
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'ignored_auth',
  'unsupported_method',
  'allow_header_conformance',
  'use_after_free',
].join(',')

test('no request that the OpenAPI document allows or forbids gets a 5xx or an answer outside the document', {
  timeout: (Number(SECONDS ?? 300) + 180) * 1000,
}, async (t) => {
  const tools = await ensureTools(resolve(import.meta.dirname, '../..'))
  const directory = await mkdtemp(join(tmpdir(), 'workflows-fuzz-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const server = await startServer()
  t.after(() => server.close())
  await writeFile(join(directory, 'schemathesis.toml'), await describe(server))

  const { status, output } = await runSchemathesis(tools, directory, server)
  assert.equal(status, 0, output)
  const requests = Number(/(\d+) generated/.exec(output)?.[1] ?? 0)
  assert.ok(requests >= MIN_REQUESTS, output)
  t.diagnostic(`${requests} requests`)
  // It still works, and has nothing to say of errors of its own.
  const workflow = await createCatch(server, { source: 'def workflow(_request, settings):\n    return None\n' })
  assert.equal((await fetch(workflow.hook_url, { method: 'POST' })).status, 200)
  assert.ok(!server.output().includes('a request failed'), server.output().slice(-4000))
})

/** Things that exist, so that requests get beyond "not found"; the key is in a file because arguments can be seen. */
async function describe(server: TestServer): Promise<string> {
  const hook = await createCatch(server, { source: 'def workflow(_request, settings):\n    return None\n' })
  const pull = await createPull(server, { source: 'def workflow(settings):\n    settings["n"] = 1\n' })
  const run = await must(server.api<{ id: string }>('POST', `/api/workflows/${pull.id}/runs`, {}), 200)
  const key = new URL(hook.hook_url).pathname.split('/').at(-1)
  return `
[headers]
Authorization = "Bearer ${server.apiKey}"

[[operations]]
include-path-regex = "^/api/workflows/"
parameters = { "path.id" = "${hook.id}", "path.number" = "1" }

[[operations]]
include-path-regex = "^/api/runs/"
parameters = { "path.id" = "${run.id}" }

# What is deleted is the files of an environment, not its lock, and the value of a setting, not its history.
[[operations]]
include-path-regex = "^/api/environments/|/settings/.key./history$"
checks.use_after_free.enabled = false

[[operations]]
include-path = "/hooks/{hook_key}"
parameters = { "path.hook_key" = "${key}" }
`
}

async function runSchemathesis(
  tools: Tools,
  directory: string,
  server: TestServer,
): Promise<{ status: number | null; output: string }> {
  const code = 'from schemathesis.cli import schemathesis; schemathesis()'
  const child = spawn(
    tools.python,
    [
      '-c',
      code,
      'run',
      `${server.url}/api/openapi.json`,
      ...AMOUNT,
      // The first list of connectors installs a package.
      '--request-timeout',
      '240',
      '--checks',
      CHECKS,
      // A stream that does not end.
      '--exclude-path',
      '/api/events',
      // They take a ZIP, which the tool cannot make: archives.test.ts calls them.
      '--exclude-path',
      '/api/workflows/import',
      '--exclude-path',
      '/api/workflows/{id}/import',
      '--continue-on-failure',
      '--no-color',
      '--seed',
      String(SEED),
    ],
    { cwd: directory, env: { ...process.env, PYTHONPATH: tools.sitePackages }, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  const status = await new Promise<number | null>((done) => child.once('close', done))
  return { status, output }
}
