/** Packages of versions: declared in the source, locked, installed, shared (contract, section 8). */

import assert from 'node:assert/strict'
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { listBelow } from '../helpers/listing.ts'
import { callAs, joinAs } from '../helpers/planted-secrets.ts'
import { startServer, type TestServer } from '../helpers/server.ts'
import { declaring, makePackage, onlyFrom } from '../helpers/wheels.ts'
import { callHook, createCatch, must, type RunBody } from '../helpers/workflows.ts'

type Environment = {
  id: string
  status: string
  detail: string | null
  size_bytes: number | null
  built_at: string | null
}
type VersionBody = {
  number: number
  deployed: boolean
  runtime: string
  packages: { name: string; version: string; direct: boolean }[]
  requires_python: string | null
  environment: Environment | null
  notes: string[]
  lock: string | null
}
type Lines = { data: { at: string; stream: string; text: string }[] }

const root = mkdtempSync(join(tmpdir(), 'workflows-packages-'))
const index = join(root, 'index')
makePackage(index, { name: 'tidy-cv', version: '1.0', requires: ['small-words'] })
makePackage(index, { name: 'small-words', version: '2.0' })
const server = await startServer({ env: onlyFrom(index) })
after(async () => {
  await server.close()
  rmSync(root, { recursive: true, force: true })
})

const BODY =
  'import tidy_cv, small_words\ndef workflow(r, s):\n    return {"status_code": 200, "body": tidy_cv.VERSION + " " + small_words.VERSION}\n'
const SOURCE = declaring(['tidy-cv'], BODY)
const EMPTY = 'def workflow(r, s): pass'

const postVersion = (id: string, body: object) => server.api<VersionBody>('POST', `/api/workflows/${id}/versions`, body)

async function until<T>(look: () => Promise<T>, isDone: (found: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 900; tries += 1) {
    const found = await look()
    if (isDone(found)) return found
    await delay(100)
  }
  throw new Error('expected it within 90 s')
}

test('a version with a block gets a lock and an environment, and its code runs with them', async () => {
  const workflow = await createCatch(server, { source: SOURCE })
  const path = `/api/workflows/${workflow.id}/versions/1`
  const version = await must(server.api<VersionBody>('GET', path), 200)
  assert.deepEqual(version.packages, [
    { name: 'small-words', version: '2.0', direct: false },
    { name: 'tidy-cv', version: '1.0', direct: true },
  ])
  assert.equal(version.environment?.status, 'ready')
  const environment = await must(
    server.api<Pick<VersionBody, 'packages'>>('GET', `/api/environments/${version.environment.id}`),
    200,
  )
  assert.deepEqual(environment.packages, version.packages)
  assert.ok((version.environment.size_bytes ?? 0) > 0 && version.environment.built_at !== null)
  assert.match(String(version.lock), /^small-words==2\.0 \\\n {4}--hash=sha256:[0-9a-f]{64}\ntidy-cv==1\.0 \\\n/)
  assert.match(version.runtime, /^python3\.\d+$/)
  assert.match(version.notes[0] ?? '', /hrflow and requests: no version fits/)
  assert.equal((await callHook(workflow, {})).text, '1.0 2.0')
  const run = await must(server.api<RunBody>('POST', `/api/workflows/${workflow.id}/runs`, { source: SOURCE }), 200)
  assert.equal(run.status, 'succeeded')

  const sbom = await must(server.api<{ components: { purl: string }[] }>('GET', `${path}/sbom`), 200)
  assert.deepEqual(
    sbom.components.map(({ purl }) => purl),
    ['pkg:pypi/small-words@2.0', 'pkg:pypi/tidy-cv@1.0'],
  )
})

/** A package that tries to change itself and others, and says what it could. */
const CHANGES_FILES = `
import os, sys
changed = []
for folder in sys.path + [sys.prefix, os.path.dirname(__file__)]:
    for name in ("shifty.py", "sitecustomize.py"):
        try:
            with open(os.path.join(folder, name), "a") as file:
                file.write("VERSION = 'changed'")
            changed.append(folder)
        except OSError:
            pass
VERSION = "2.0 changed " + (" ".join(changed) or "nothing")
`

test('Z3-94 a canary runs with packages of its own, which change nothing of the deployed version', async () => {
  makePackage(index, { name: 'shifty', version: '1.0' })
  makePackage(index, { name: 'shifty', version: '2.0', files: { 'shifty.py': CHANGES_FILES } })
  const code = 'import shifty\ndef workflow(r, s):\n    return {"status_code": 200, "body": shifty.VERSION}\n'
  const source = (version: string) => declaring([`shifty==${version}`], code)
  const workflow = await createCatch(server, { source: source('1.0'), isolation: 'reuse', max_concurrency: 50 })
  await must(postVersion(workflow.id, { source: source('2.0'), deploy: false }), 201)
  const change = (canary: object | null) => must(server.api('PATCH', `/api/workflows/${workflow.id}`, { canary }), 200)
  const call = async () => {
    const calls = Array.from({ length: 16 }, async (_, n) => (await callHook(workflow, { n })).text)
    return await Promise.all(calls)
  }
  await change({ version: 2, percent: 50 })
  const answers = await call()
  assert.deepEqual([...new Set(answers)].sort(), ['1.0', '2.0 changed nothing'])
  assert.deepEqual(await call(), answers)
  await change(null)
  assert.deepEqual([...new Set(await call())], ['1.0'])
})

test('a version without a block has no environment', async () => {
  const workflow = await createCatch(server, { source: EMPTY })
  const version = await must(server.api<VersionBody>('GET', `/api/workflows/${workflow.id}/versions/1`), 200)
  assert.deepEqual(
    [version.environment, version.packages, version.lock, version.requires_python],
    [null, [], null, null],
  )
  assert.equal(version.runtime, 'python3')
})

test('editing code keeps the lock, and upgrade_packages resolves anew', async () => {
  makePackage(index, { name: 'moving', version: '1.0' })
  const source = declaring(
    ['moving'],
    'import moving\ndef workflow(r, s):\n    return {"status_code": 200, "body": moving.VERSION}\n',
  )
  const workflow = await createCatch(server, { source })
  makePackage(index, { name: 'moving', version: '1.1' })
  const edited = await must(postVersion(workflow.id, { source: `${source}# edited\n` }), 201)
  assert.equal(edited.packages[0]?.version, '1.0')
  const preview = await must(
    server.api<VersionBody>('POST', `/api/workflows/${workflow.id}/packages/resolve`, { source }),
    200,
  )
  assert.deepEqual(preview.packages, [{ name: 'moving', version: '1.1', direct: true }])
  assert.equal((await must(server.api('GET', `/api/workflows/${workflow.id}`), 200)).deployed_version, 2)
  const upgraded = await must(postVersion(workflow.id, { source, upgrade_packages: true }), 201)
  assert.equal(upgraded.packages[0]?.version, '1.1')
  assert.equal((await callHook(workflow, {})).text, '1.1')
  await must(server.api('POST', `/api/workflows/${workflow.id}/versions/1/deploy`, {}), 200)
  assert.equal((await callHook(workflow, {})).text, '1.0')
})

test('a declaration that breaks the rules is refused with its line, and a draft of it is stored', async () => {
  const workflow = await createCatch(server, { source: EMPTY })
  const source = declaring(['a @ https://example.com/a.whl'], EMPTY)
  const { status, body } = await server.api('POST', `/api/workflows/${workflow.id}/versions`, { source })
  assert.deepEqual([status, body.code, body.line], [422, 'invalid_packages', 2])
  const python = declaring([], EMPTY, ['requires-python = ">=3.99"'])
  const other = await server.api('POST', `/api/workflows/${workflow.id}/versions`, { source: python })
  assert.deepEqual([other.status, other.body.code, other.body.line], [422, 'invalid_packages', 3])
  assert.match(String(other.body.detail), /uv python install/)
  const draft = await must(postVersion(workflow.id, { source, deploy: false }), 201)
  assert.deepEqual([draft.number, draft.environment], [2, null])
})

test('packages that cannot be resolved are environment_failed in the words of uv, and nothing is deployed', async () => {
  const workflow = await createCatch(server, { source: EMPTY })
  const source = declaring(['tidy-cv>=9'], EMPTY)
  const { status, body } = await server.api('POST', `/api/workflows/${workflow.id}/versions`, { source })
  assert.deepEqual([status, body.code], [422, 'environment_failed'])
  assert.match(String(body.detail), /only tidy-cv<=?[\d.]+ is available|tidy-cv>=9/)
  assert.equal((await must(server.api('GET', `/api/workflows/${workflow.id}`), 200)).deployed_version, 1)
})

test('a draft is resolved when it is deployed', async () => {
  makePackage(index, { name: 'later', version: '3.0' })
  const workflow = await createCatch(server, { source: EMPTY })
  const source = declaring(['later'], 'import later\ndef workflow(r, s): pass')
  const draft = await must(postVersion(workflow.id, { source, deploy: false }), 201)
  assert.equal(draft.environment, null)
  const path = `/api/workflows/${workflow.id}/versions/2`
  const deployed = await must(server.api<VersionBody>('POST', `${path}/deploy`, {}), 200)
  assert.equal(deployed.packages[0]?.name, 'later')
  const read = await must(server.api<VersionBody>('GET', path), 200)
  assert.deepEqual([read.deployed, read.environment?.status], [true, 'ready'])
})

test('Z3-48 with respond-async the version is there at once, and deployed by itself when its packages are installed; a draft is 201', async () => {
  makePackage(index, { name: 'slowly', version: '1.0' })
  const workflow = await createCatch(server, { source: EMPTY })
  const source = declaring(
    ['slowly'],
    'import slowly\ndef workflow(r, s):\n    return {"status_code": 200, "body": "new"}\n',
  )
  const post = (body: object) =>
    fetch(`${server.url}/api/workflows/${workflow.id}/versions`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: {
        authorization: `Bearer ${server.apiKey}`,
        'content-type': 'application/json',
        prefer: 'respond-async',
      },
    })
  const draft = await post({ source, deploy: false })
  assert.deepEqual([draft.status, ((await draft.json()) as VersionBody).environment], [201, null])
  const response = await post({ source })
  assert.equal(response.status, 202)
  const version = (await response.json()) as VersionBody
  assert.deepEqual([version.deployed, version.environment?.status], [false, 'building'])
  const path = `/api/workflows/${workflow.id}/versions/${version.number}`
  await until(
    () => must(server.api<VersionBody>('GET', path), 200),
    ({ deployed }) => deployed,
  )
  assert.equal((await callHook(workflow, {})).text, 'new')

  const events = await fetch(`${server.url}/api/environments/${version.environment?.id}/log`, {
    headers: { authorization: `Bearer ${server.apiKey}`, accept: 'text/event-stream' },
  })
  assert.match(await events.text(), /event: line\ndata: .*slowly==1\.0[\s\S]*event: end\n/)
})

test('environments are listed with what uses them, removed only when nothing deployed does, and built again', async () => {
  makePackage(index, { name: 'kept', version: '1.0' })
  const workflow = await createCatch(server, { source: declaring(['kept'], 'import kept\ndef workflow(r, s): pass') })
  const { environment } = await must(server.api<VersionBody>('GET', `/api/workflows/${workflow.id}/versions/1`), 200)
  const path = `/api/environments/${environment?.id}`
  const found = await must(server.api('GET', path), 200)
  assert.deepEqual(found.packages, [{ name: 'kept', version: '1.0', direct: true }])
  const use = { workflow_id: workflow.id, workflow_name: workflow.name, version: 1, deployed: true }
  assert.deepEqual(found.used_by, [use])
  const { data } = await must(server.api<{ data: { id: string }[] }>('GET', '/api/environments'), 200)
  assert.ok(data.some(({ id }) => id === environment?.id))
  const log = await must(server.api<Lines>('GET', `${path}/log`), 200)
  assert.ok(log.data.some(({ text }) => text.includes('kept==1.0')))
  assert.equal((await server.api('DELETE', path)).status, 409)

  await must(postVersion(workflow.id, { source: EMPTY }), 201)
  await until(
    () => server.api('DELETE', path),
    ({ status }) => status === 204,
  )
  assert.equal((await must(server.api('GET', path), 200)).status, 'absent')
  assert.equal((await must(server.api('POST', `${path}/build`), 202)).status, 'building')
  await until(
    () => must(server.api('GET', path), 200),
    ({ status }) => status === 'ready',
  )
  assert.equal((await server.api('GET', '/api/environments/env_0')).status, 404)
})

test('Z3-21 an environment is built again and removed only by those who may change the workflows that use it', async () => {
  makePackage(index, { name: 'guarded', version: '1.0' })
  const source = declaring(['guarded'], 'import guarded\ndef workflow(r, s): pass')
  const workflow = await createCatch(server, { source, editors: [] })
  const { environment } = await must(server.api<VersionBody>('GET', `/api/workflows/${workflow.id}/versions/1`), 200)
  await must(postVersion(workflow.id, { source: EMPTY }), 201)
  const { sender } = await joinAs(server, 'editor', 'outsider')
  const path = `/api/environments/${environment?.id}`
  assert.equal((await callAs(server, sender, 'DELETE', path)).status, 403)
  assert.equal((await callAs(server, sender, 'POST', `${path}/build`)).status, 403)
  await must(server.api('PATCH', `/api/workflows/${workflow.id}`, { editors: null }), 200)
  assert.equal((await callAs(server, sender, 'POST', `${path}/build`)).status, 202)
  // Other tests look at what builds leave.
  await until(
    () => must(server.api('GET', path), 200),
    ({ status }) => status === 'ready',
  )
})

/** Takes the environment of the workflow's first version from the disk of a server. */
async function lose(owner: TestServer, id: string): Promise<string> {
  const { environment } = await must(owner.api<VersionBody>('GET', `/api/workflows/${id}/versions/1`), 200)
  assert.equal(environment?.status, 'ready')
  const ready = join(owner.dataDir, 'environments/ready')
  for (const folder of readdirSync(ready).filter((name) => name.startsWith(`${environment.id}-`)))
    rmSync(join(ready, folder), { recursive: true })
  return environment.id
}

test('a hook whose packages are not on this server waits for their build, or gets 503 at the queue deadline', async () => {
  makePackage(index, { name: 'absent', version: '1.0' })
  const source = declaring(
    ['absent'],
    'import absent\ndef workflow(r, s):\n    return {"status_code": 200, "body": absent.VERSION}\n',
  )
  const waiting = await createCatch(server, { source })
  await lose(server, waiting.id)
  assert.equal((await callHook(waiting, {})).text, '1.0')

  const impatient = await startServer({ env: { ...onlyFrom(index), WORKFLOWS_QUEUE_SECONDS: '0' } })
  const workflow = await createCatch(impatient, { source })
  await lose(impatient, workflow.id)
  const refused = await callHook(workflow, {})
  assert.deepEqual([refused.status, (refused.body as { code: string }).code], [503, 'environment_not_ready'])
  assert.ok(Number(refused.headers.get('retry-after')) > 0)
  const queued = await callHook(workflow, {}, { headers: { prefer: 'respond-async' } })
  assert.equal(queued.status, 202)
  type Runs = { data: RunBody[] }
  const path = `/api/workflows/${workflow.id}/runs`
  const { data: runs } = await until(
    () => must(impatient.api<Runs>('GET', path), 200),
    (page) => page.data[0]?.status === 'succeeded',
  )
  assert.equal(runs.length, 1)
  await impatient.close()
})

// Must come before B06: its failed build makes the server empty the cache a second later.
test('B07 an unpacked package that was changed in the cache is not installed, and bytecode in the cache is not used', async () => {
  for (const name of ['cached', 'beside', 'second']) makePackage(index, { name, version: '1.0' })
  const body = 'import cached\ndef workflow(r, s):\n    return {"status_code": 200, "body": cached.VERSION}\n'
  const workflow = await createCatch(server, { source: declaring(['cached'], body) })
  const cache = join(server.dataDir, 'environments/wheels/cache')
  const change = (file: RegExp, content: (before: Buffer) => string | Buffer) => {
    const found = listBelow(cache).filter((path) => file.test(path))
    assert.ok(found.length > 0)
    for (const path of found) {
      // Not through the hard link: what is installed already stays as it is.
      const { uid, gid } = statSync(path)
      const changed = content(readFileSync(path))
      rmSync(path)
      writeFileSync(path, changed)
      chownSync(path, uid, gid)
    }
  }
  const isRefused = async (names: string[], file: string) => {
    const { status, body: problem } = await postVersion(workflow.id, { source: declaring(names, body) })
    const { code, detail } = problem as { code?: string; detail?: string }
    assert.deepEqual([status, code], [422, 'environment_failed'])
    assert.match(String(detail), new RegExp(`${file} of cached 1\\.0 differs from the hash .*wheels/cache`, 's'))
  }
  const ready = join(server.dataDir, 'environments/ready')
  const listBytecode = () => listBelow(ready).filter((path) => /\/cached\.[^/]*\.pyc$/.test(path))
  const [made = ''] = listBytecode()
  const source = listBelow(cache).find((path) => path.endsWith('/cached.py')) ?? ''
  const { uid, gid } = statSync(source)
  const planted = join(dirname(source), '__pycache__', basename(made))
  mkdirSync(dirname(planted))
  writeFileSync(planted, Buffer.concat([readFileSync(made), Buffer.from('evil')]))
  for (const path of [planted, dirname(planted)]) chownSync(path, uid, gid)
  await must(postVersion(workflow.id, { source: declaring(['cached', 'second'], body) }), 201)
  const contents = listBytecode().map((path) => readFileSync(path, 'latin1').endsWith('evil'))
  assert.deepEqual(contents, [false, false])
  change(/(^|\/)cached\.py$/, () => "VERSION = 'evil'\n")
  await isRefused(['cached', 'beside'], 'cached\\.py')
  assert.equal((await callHook(workflow, {})).text, '1.0')
})

test('B06 an environment that other bytes are offered for is not built', async () => {
  makePackage(index, { name: 'sealed', version: '1.0' })
  const workflow = await createCatch(server, {
    source: declaring(['sealed'], 'import sealed\ndef workflow(r, s): pass'),
  })
  makePackage(index, { name: 'sealed', version: '1.0', files: { 'sealed.py': 'EVIL = 1\n' } })
  const id = await lose(server, workflow.id)
  const cache = join(server.dataDir, 'environments/wheels/cache')
  for (const name of readdirSync(cache)) rmSync(join(cache, name), { recursive: true, force: true })
  const path = `/api/workflows/${workflow.id}/versions/1`
  const { status, body } = await server.api('POST', `${path}/deploy`, {})
  assert.deepEqual([status, body.code], [422, 'environment_failed'])
  assert.match(String(body.detail), /[Hh]ash mismatch/)
  assert.equal((await must(server.api<VersionBody>('GET', path), 200)).environment?.status, 'failed')
  const environments = join(server.dataDir, 'environments')
  assert.deepEqual(
    readdirSync(join(environments, 'ready')).filter((name) => name.startsWith(id)),
    [],
  )
  // A second after a failed build the server empties the cache. Until then a folder for this is among the builds.
  await until(
    async () => readdirSync(join(environments, 'wheels/builds')),
    (names) => names.length === 0,
  )
})

test('B08 a wheel whose files are not those of its RECORD is not installed, and the version before it goes on', async () => {
  makePackage(index, { name: 'lying', version: '1.0', swapped: { 'lying.py': "VERSION = 'evil'\n" } })
  const workflow = await createCatch(server, { source: EMPTY })
  const source = declaring(['lying'], 'import lying\ndef workflow(r, s): pass')
  const { status, body } = await server.api('POST', `/api/workflows/${workflow.id}/versions`, { source })
  assert.deepEqual([status, body.code], [422, 'environment_failed'])
  assert.match(String(body.detail), /lying\.py of lying 1\.0 differs from the hash .*its wheel is not what it says/s)
  assert.equal((await must(server.api('GET', `/api/workflows/${workflow.id}`), 200)).deployed_version, 1)
})

test('B09 a wheel with paths outside of its folder writes nothing there', async () => {
  const files = {
    'climbing.py': "VERSION = '1.0'\n",
    '../climbed.py': 'EVIL = 1\n',
    '../../../climbed.py': 'EVIL = 1\n',
  }
  makePackage(index, { name: 'climbing', version: '1.0', files })
  const workflow = await createCatch(server, { source: EMPTY })
  const source = declaring(['climbing'], 'import climbing\ndef workflow(r, s): pass')
  await server.api('POST', `/api/workflows/${workflow.id}/versions`, { source })
  // The server removes what it no longer needs meanwhile.
  assert.deepEqual(
    listBelow(server.dataDir).filter((path) => path.includes('climbed')),
    [],
  )
})

test('constraints and overrides of [tool.uv] are kept to', async () => {
  for (const version of ['1.0', '2.0']) makePackage(index, { name: 'held', version })
  makePackage(index, { name: 'strict', version: '1.0', requires: ['held<2'] })
  const workflow = await createCatch(server, { source: EMPTY })
  const versionsOf = async (dependencies: string[], line: string) => {
    const source = declaring(dependencies, EMPTY, ['[tool.uv]', line])
    const { packages } = await must(postVersion(workflow.id, { source }), 201)
    return packages.map(({ name, version }) => `${name} ${version}`)
  }
  assert.deepEqual(await versionsOf(['held'], 'constraint-dependencies = ["held<2"]'), ['held 1.0'])
  assert.deepEqual(await versionsOf(['strict'], 'override-dependencies = ["held>=2"]'), ['held 2.0', 'strict 1.0'])
})

test('requires-python chooses the newest Python of the server that meets it, and a named runtime must meet it', async () => {
  const { data } = await must(server.api<{ data: { name: string; version: string }[] }>('GET', '/api/runtimes'), 200)
  const pythons = data.filter(({ name }) => /^python3\.\d+$/.test(name))
  const minorOf = (name: string) => Number(name.split('.')[1])
  const [oldest] = pythons.toSorted((a, b) => minorOf(a.name) - minorOf(b.name))
  assert.ok(oldest !== undefined)
  const next = `3.${minorOf(oldest.name) + 1}`
  const python = [`requires-python = "<${next}"`]
  const body =
    'import sys\ndef workflow(r, s):\n    return {"status_code": 200, "body": "%d.%d" % sys.version_info[:2]}\n'
  const workflow = await createCatch(server, { source: declaring([], body, python) })
  const version = await must(server.api<VersionBody>('GET', `/api/workflows/${workflow.id}/versions/1`), 200)
  assert.deepEqual([version.runtime, version.requires_python], [oldest.name, `<${next}`])
  assert.equal(`python${(await callHook(workflow, {})).text}`, oldest.name)

  const [newest] = pythons.toSorted((a, b) => minorOf(b.name) - minorOf(a.name))
  if (newest === undefined || newest.name === oldest.name) return
  const other = await createCatch(server, { source: EMPTY, runtime: newest.name })
  const refused = await server.api('POST', `/api/workflows/${other.id}/versions`, {
    source: declaring([], body, python),
  })
  assert.deepEqual([refused.status, refused.body.code], [422, 'invalid_packages'])
  assert.ok(String(refused.body.detail).includes(oldest.name), String(refused.body.detail))
})
