/** Pythons that owners add while the server runs. uv takes them from a folder of the test, as from a mirror. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startServer, type TestServer } from '../../../helpers/server.ts'
import { createCatch, must } from '../../../helpers/workflows.ts'

type Runtime = { name: string; version: string; usable: boolean; packages: unknown[] }

// Not below /tmp: a sandbox has a /tmp of its own.
const root = mkdtempSync('/var/tmp/workflows-pythons-')
chmodSync(root, 0o755)
let server: TestServer
let off: TestServer
/** A minor version that this machine does not have. */
let minor = ''

before(async () => {
  off = await startServer()
  const { data } = await must(off.api<{ data: Runtime[] }>('GET', '/api/runtimes'), 200)
  minor =
    [14, 9, 8, 10, 12]
      .map((number) => `3.${number}`)
      .find((one) => !data.some(({ name }) => name === `python${one}`)) ?? ''
  server = await startServer({
    env: {
      WORKFLOWS_PYTHON_DOWNLOADS: 'on',
      UV_PYTHON_INSTALL_DIR: join(root, 'pythons'),
      UV_PYTHON_DOWNLOADS_JSON_URL: makeMirror(`${minor}.1`),
      UV_CACHE_DIR: join(root, 'cache'),
    },
  })
})
after(async () => {
  await server.close()
  await off.close()
  rmSync(root, { recursive: true, force: true })
})

test('a server that installs no Pythons says which command an operator would run', async () => {
  const { status, body } = await off.api('POST', '/api/runtimes', { version: '3.10' })
  assert.deepEqual([status, body.code], [403, 'forbidden'])
  assert.match(String(body.detail), /uv python install 3\.10\b/)
})

test('a version that is none is refused, and so is a key that is no owner', async () => {
  for (const version of ['python3.10', '2.7', '3', '3.10; id', '--help', 3.1]) {
    assert.equal((await server.api('POST', '/api/runtimes', { version })).status, 400, String(version))
  }
  const key = await must(server.api('POST', '/api/keys', { name: 'writer', scopes: ['read', 'write'] }), 201)
  const response = await fetch(`${server.url}/api/runtimes`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ version: minor }),
  })
  assert.equal(response.status, 403)
})

test('a Python that an owner adds is listed, and code runs on it without a restart', async () => {
  const events = await postForEvents(minor)
  assert.match(events, new RegExp(`event: line\\ndata: .*${minor}\\.1`))
  const end: { runtime: Runtime | null } = JSON.parse(/event: end\ndata: (.*)\n/.exec(events)?.[1] ?? 'null')
  assert.deepEqual([end.runtime?.name, end.runtime?.version], [`python${minor}`, `${minor}.1`])
  const { data } = await must(server.api<{ data: Runtime[] }>('GET', '/api/runtimes'), 200)
  assert.ok(data.some(({ name, usable }) => name === `python${minor}` && usable))
  const source = 'def workflow(r, s):\n    return {"status_code": 200, "body": "here"}\n'
  const workflow = await createCatch(server, { source, runtime: `python${minor}` })
  const run = await must(server.api('POST', `/api/workflows/${workflow.id}/runs`, {}), 200)
  assert.equal(run.status, 'succeeded')
})

test('a Python that is there is not installed again, and another patch release of it is a conflict', async () => {
  const [known] = (await must(server.api<{ data: Runtime[] }>('GET', '/api/runtimes'), 200)).data.filter(
    ({ name }) => name !== 'python3' && name !== `python${minor}`,
  )
  const version = String(known?.name.slice('python'.length))
  const found = await must(server.api<Runtime>('POST', '/api/runtimes', { version }), 200)
  assert.equal(found.version, known?.version)
  const other = await server.api('POST', '/api/runtimes', { version: `${version}.199` })
  assert.deepEqual([other.status, other.body.code], [409, 'conflict'])
})

test('a Python that cannot be had is environment_failed in the words of uv', async () => {
  const { status, body } = await server.api('POST', '/api/runtimes', { version: '3.99' })
  assert.deepEqual([status, body.code], [422, 'environment_failed'])
  assert.match(String(body.detail), /3\.99/)
  assert.match(await postForEvents('3.98'), /event: end\ndata: \{"runtime":null,"detail":".*3\.98/)
})

async function postForEvents(version: string): Promise<string> {
  const response = await fetch(`${server.url}/api/runtimes`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${server.apiKey}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body: JSON.stringify({ version }),
  })
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  return await response.text()
}

/** A list of Pythons in the format of uv's own, with one: the machine's, which says that it is another version. */
function makeMirror(version: string): string {
  const family = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
  const name = `python3.${version.split('.')[1]}`
  const python = join(root, 'archive/python')
  mkdirSync(join(python, 'bin'), { recursive: true })
  mkdirSync(join(python, 'lib', name), { recursive: true })
  const facts = '# system configuration generated and used by the sysconfig module\nbuild_time_vars = {\n}\n'
  writeFileSync(join(python, 'lib', name, `_sysconfigdata__linux_${family}-linux-gnu.py`), facts)
  const program = `#!/bin/sh
for last; do :; done
case "$last" in *base_prefix*)
  self=$(readlink -f "$0"); echo "$self"; dirname "$(dirname "$self")"; echo ${version}; exit;;
esac
exec /usr/bin/python3 "$@"
`
  writeFileSync(join(python, 'bin', name), program, { mode: 0o755 })
  const archive = join(root, 'python.tar.gz')
  execFileSync('tar', ['czf', archive, '-C', join(root, 'archive'), 'python'])
  const [major, minorNumber, patch] = version.split('.').map(Number)
  const entry = {
    name: 'cpython',
    arch: { family, variant: null },
    os: 'linux',
    libc: 'gnu',
    major,
    minor: minorNumber,
    patch,
    prerelease: '',
    url: `file://${archive}`,
    sha256: createHash('sha256').update(readFileSync(archive)).digest('hex'),
    variant: null,
    build: '20260101',
  }
  const list = join(root, 'pythons.json')
  writeFileSync(list, JSON.stringify({ [`cpython-${version}-linux-${family}-gnu`]: entry }))
  return list
}

test('owners see the servers, the queue, the disk, what is kept and the backups; others do not', async () => {
  type Operation = {
    servers: { alive: boolean; this: boolean; version: string; commit: string; sandbox: string; running: number }[]
    queue: { runs: number; oldest_seconds: number }
    held_runs: number
    database: { engine: string; bytes: number; migration: number; connections: unknown }
    disk: { free_bytes: number; total_bytes: number }
    packages: { cache_bytes: number | null; cache_limit_bytes: number }
    retention: { days: number }
    backups: { cron: null; kept: number; newest_at: null }
  }
  const found = await must(off.api<Operation>('GET', '/api/system/operation'), 200)
  const [own] = found.servers
  assert.deepEqual([found.servers.length, own?.alive, own?.this, own?.sandbox], [1, true, true, 'bwrap'])
  assert.match(own?.version ?? '', /^\d+\.\d+\.\d+$/)
  assert.match(own?.commit ?? '', /^[0-9a-f]{12}$/)
  const ready = await fetch(`${off.url}/readyz`)
  const said = await must(off.api<{ version: string; commit: string }>('GET', '/api/system'), 200)
  const versions = { version: own?.version, commit: own?.commit }
  assert.deepEqual([said.version, said.commit], [own?.version, own?.commit])
  assert.deepEqual(await ready.json(), { status: 'ok', sandbox: 'bwrap', ...versions })
  assert.deepEqual(found.queue, { runs: 0, oldest_seconds: 0 })
  assert.equal(found.held_runs, 0)
  assert.deepEqual([found.database.engine, found.database.connections], ['sqlite', null])
  assert.ok(found.database.bytes > 0 && found.database.migration >= 80)
  assert.deepEqual(found.packages, { cache_bytes: null, cache_limit_bytes: 1024 ** 3 })
  assert.ok(found.disk.free_bytes > 0 && found.disk.free_bytes <= found.disk.total_bytes)
  assert.deepEqual([found.retention.days, found.backups.cron, found.backups.kept], [30, null, 0])
  const { key } = await must(off.api<{ key: string }>('POST', '/api/keys', { name: 'reads', scopes: ['read'] }), 201)
  const answer = await fetch(`${off.url}/api/system/operation`, { headers: { authorization: `Bearer ${key}` } })
  assert.equal(answer.status, 403)
})
