/** Source distributions are programs of strangers: what they can reach while they are built. */

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isRoot } from '../../src/workers/sandbox/machine/reach.ts'
import { memoryOf } from '../helpers/memory.ts'
import { startServer } from '../helpers/server.ts'
import { declaring, makePackage, onlyFrom } from '../helpers/wheels.ts'
import { callHook, createCatch } from '../helpers/workflows.ts'

const root = mkdtempSync(join(tmpdir(), 'workflows-attacks-'))
const index = join(root, 'index')
mkdirSync(index)
const host = createServer((_request, response) => response.end('reached'))
await new Promise<void>((resolve) => void host.listen(0, '127.0.0.1', resolve))
const address = host.address()
const port = typeof address === 'object' && address !== null ? address.port : 0
const SECRET = 'hunter2-of-the-index'
const server = await startServer({
  env: {
    ...onlyFrom(index),
    UV_INDEX_COMPANY_PASSWORD: SECRET,
    WORKFLOWS_API_KEY: 'wf_test_key_of_the_server_0123456789',
  },
})
after(async () => {
  await server.close()
  host.close()
  rmSync(root, { recursive: true, force: true })
})

/** A build backend that attacks, and writes what it got into the module that it builds. */
const BACKEND = `
import base64, glob, hashlib, json, os, socket, sys, zipfile

def attempt(function):
    try:
        return function()
    except BaseException as error:
        return None

def connect(address):
    with socket.create_connection(address, 3) as connection:
        return str(connection.getpeername())

def environments():
    found = []
    for name in os.listdir('/proc'):
        if name.isdigit():
            found.append(attempt(lambda: open('/proc/' + name + '/environ').read()) or '')
    return ' '.join(found)

def attack(data):
    return {
        'data directory': attempt(lambda: os.listdir(data)),
        'secret key': attempt(lambda: len(open(data + '/secret.key', 'rb').read())),
        'home of root': attempt(lambda: os.listdir('/root')),
        'password file': attempt(lambda: open('/etc/shadow').read()),
        'environment': [word for word in ('hunter2', 'wf_test_key') if word in environments()] or None,
        'port of the host': attempt(lambda: connect(('127.0.0.1', PORT))),
        'name server': attempt(lambda: socket.getaddrinfo('example.com', 80)),
        'public address': attempt(lambda: connect(('192.0.2.1', 80))),
        'write to the system': attempt(lambda: open('/usr/attack', 'w').write('x')),
        'write to the runtime': attempt(lambda: open('/opt/runtimes/attack', 'w').write('x')),
        'write to uv': attempt(lambda: open('/opt/uv/uv', 'a').write('x')),
        'memory of the first process': attempt(lambda: open('/proc/1/mem', 'rb').close() or 'opened'),
        'sockets of the host': [path for path in glob.glob('/proc/*/fd/[012]') if str(attempt(lambda: os.readlink(path))).startswith('socket:')] or None,
        'other builds': [name for name in os.listdir('/build/builds') if name not in os.environ.get('TMPDIR', '') ][1:] or None,
        'as root': os.getuid() == 0 or None,
        'control': os.path.isdir('/usr'),
    }

def get_requires_for_build_wheel(config_settings=None):
    return []

def build_wheel(directory, config_settings=None, metadata_directory=None):
    text = 'FOUND = %r\\n' % {key: value for key, value in attack(DATA).items() if value is not None}
    files = {'hostile.py': text, 'hostile-1.0.dist-info/METADATA': 'Metadata-Version: 2.1\\nName: hostile\\nVersion: 1.0\\n',
             'hostile-1.0.dist-info/WHEEL': 'Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'}
    with zipfile.ZipFile(os.path.join(directory, 'hostile-1.0-py3-none-any.whl'), 'w') as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)
        wheel.writestr('hostile-1.0.dist-info/RECORD', ''.join(path + ',,\\n' for path in files))
    return 'hostile-1.0-py3-none-any.whl'
`
const PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
const SOURCE = declaring(
  ['hostile'],
  'import hostile, json\ndef workflow(r, s):\n    return {"status_code": 200, "body": json.dumps(hostile.FOUND)}\n',
)

test('Y13 B01 B02 B03 Z3-13 the program of a source distribution reads nothing of the server, reaches nothing and changes nothing', async () => {
  const backend = `${BACKEND}\nPORT = ${port}\nDATA = ${JSON.stringify(server.dataDir)}\n`
  makePackage(index, {
    name: 'hostile',
    version: '1.0',
    setup: '',
    files: { 'pyproject.toml': PROJECT, 'backend.py': backend },
  })
  const workflow = await createCatch(server, { source: SOURCE })
  assert.deepEqual(JSON.parse((await callHook(workflow, {})).text), { control: true })
  if (!isRoot()) return
  // What it wrote belongs to a user that no account and no sandbox of a function has.
  const environments = join(server.dataDir, 'environments')
  const [ready = ''] = readdirSync(join(environments, 'ready'))
  const built = statSync(join(environments, 'ready', ready, 'site-packages/hostile.py')).uid
  assert.ok(built >= 90_000 && built < 100_000, `expected a user from 90,000 to 99,999, found ${built}`)
  assert.equal(statSync(join(environments, 'wheels')).uid, built)
})

test('Z3-12 a build that prints 100 MiB without a newline and fails takes no memory of the server', async () => {
  const backend = `import os
def build_wheel(*args):
    for _ in range(1600):
        os.write(1, b"x" * 65536)
    raise SystemExit("it fails on purpose")
`
  const files = { 'pyproject.toml': PROJECT, 'backend.py': backend }
  makePackage(index, { name: 'noisy', version: '1.0', setup: '', files })
  const workflow = await createCatch(server, { source: 'def workflow(r, s): pass' })
  const source = declaring(['noisy'], 'def workflow(r, s): pass')
  const before = await memoryOf(server)
  let most = 0
  const look = setInterval(async () => (most = Math.max(most, await memoryOf(server))), 20)
  const { status, body } = await server.api('POST', `/api/workflows/${workflow.id}/versions`, { source })
  clearInterval(look)
  assert.deepEqual([status, body.code], [422, 'environment_failed'])
  assert.match(String(body.detail), /it fails on purpose/)
  assert.ok(most - before < 96, `expected at most 96 MiB more, found ${most - before}`)
})

test('B12 a server that builds no source distributions says so, and deploys nothing', async () => {
  const other = await startServer({ env: { ...onlyFrom(index), WORKFLOWS_PACKAGE_BUILDS: 'off' } })
  const workflow = await createCatch(other, { source: 'def workflow(r, s): pass' })
  const { status, body } = await other.api('POST', `/api/workflows/${workflow.id}/versions`, { source: SOURCE })
  assert.deepEqual([status, body.code], [422, 'environment_failed'])
  assert.match(String(body.detail), /no usable wheels|building from source is disabled/)
  await other.close()
})
