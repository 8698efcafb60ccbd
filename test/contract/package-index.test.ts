/** Package indexes that ask for a password, or that answer other bytes than they said. */

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startServer } from '../helpers/server.ts'
import { declaring, makePackage } from '../helpers/wheels.ts'
import { callHook, createCatch, must } from '../helpers/workflows.ts'

const PASSWORD = 'hunter2-of-the-index'
const AUTHORIZATION = `Basic ${Buffer.from(`robot:${PASSWORD}`).toString('base64')}`

const root = mkdtempSync(join(tmpdir(), 'workflows-index-'))
const files = join(root, 'files')
makePackage(files, { name: 'private', version: '1.0' })
makePackage(files, { name: 'forged', version: '1.0' })
makePackage(files, { name: 'fading', version: '1.0' })
makePackage(files, { name: 'fading', version: '2.0', tag: 'cp27-cp27m-win32' })
makePackage(join(root, 'other'), { name: 'forged', version: '1.0', files: { 'forged.py': 'EVIL = 1\n' } })
/** What a build of a source distribution can read, written into the module that it makes. */
const SPY = `
import os, sys, zipfile
def texts():
    for name in os.listdir('/proc'):
        for part in ('environ', 'cmdline'):
            try:
                yield open('/proc/%s/%s' % (name, part)).read()
            except OSError:
                pass
    for folder in ('/etc', os.path.expanduser('~'), '/build'):
        for place, _, names in os.walk(folder):
            for name in names:
                try:
                    yield open(os.path.join(place, name), errors='replace').read(100000)
                except OSError:
                    pass
def get_requires_for_build_wheel(config_settings=None):
    return []
def build_wheel(directory, config_settings=None, metadata_directory=None):
    found = [text[:200] for text in texts() if 'hunter2' in text and 'def get_requires' not in text]
    contents = {'spy.py': 'FOUND = %r\\n' % found, 'spy-1.0.dist-info/METADATA': 'Metadata-Version: 2.1\\nName: spy\\nVersion: 1.0\\n',
                'spy-1.0.dist-info/WHEEL': 'Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'}
    with zipfile.ZipFile(os.path.join(directory, 'spy-1.0-py3-none-any.whl'), 'w') as wheel:
        for path, text in contents.items():
            wheel.writestr(path, text)
        wheel.writestr('spy-1.0.dist-info/RECORD', ''.join(path + ',,\\n' for path in contents))
    return 'spy-1.0-py3-none-any.whl'
`
const PROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
makePackage(files, { name: 'spy', version: '1.0', setup: '', files: { 'pyproject.toml': PROJECT, 'backend.py': SPY } })

let refused = 0
const index = createServer(({ url = '', headers }, response) => {
  if (headers.authorization !== AUTHORIZATION) {
    refused += 1
    response.writeHead(401, { 'www-authenticate': 'Basic realm="index"' }).end()
    return
  }
  const [, kind, name = ''] = url.split('/')
  const own = readdirSync(files).filter((file) => file.startsWith(`${name}-`))
  if (kind === 'files') {
    response.end(readFileSync(join(name.startsWith('forged') ? join(root, 'other') : files, name)))
  } else if (own.length === 0) response.writeHead(404).end()
  else {
    const links = own.map((file) => {
      const digest = createHash('sha256')
        .update(readFileSync(join(files, file)))
        .digest('hex')
      return `<a href="/files/${file}#sha256=${digest}">${file}</a>`
    })
    response.setHeader('content-type', 'text/html')
    response.end(`<!DOCTYPE html><html><body>${links.join('\n')}</body></html>`)
  }
})
await new Promise<void>((resolve) => void index.listen(0, '127.0.0.1', resolve))
const address = index.address()
const port = typeof address === 'object' && address !== null ? address.port : 0
const server = await startServer({
  env: { UV_DEFAULT_INDEX: `http://robot:${PASSWORD}@127.0.0.1:${port}/simple`, UV_FIND_LINKS: '', PIP_FIND_LINKS: '' },
})
after(async () => {
  await server.close()
  index.close()
  rmSync(root, { recursive: true, force: true })
})

test('B04 packages come from an index with a password, which no build, function, log or answer shows', async () => {
  const body =
    'import os, private, spy\ndef workflow(r, s):\n    return {"status_code": 200, "body": private.VERSION + repr(spy.FOUND) + repr("hunter2" in repr(os.environ))}\n'
  const workflow = await createCatch(server, { source: declaring(['private', 'spy'], body) })
  assert.equal((await callHook(workflow, {})).text, '1.0[]False')
  assert.equal(refused, 0)
  const version = await server.api('GET', `/api/workflows/${workflow.id}/versions/1`)
  const { environment } = version.body as { environment: { id: string } }
  const log = await server.api('GET', `/api/environments/${environment.id}/log`)
  assert.equal(log.status, 200)
  assert.ok(![version.text, log.text, server.output()].some((text) => text.includes(PASSWORD)))
})

test('B05 a file that is not what the index said is refused, without the password in the error', async () => {
  const workflow = await createCatch(server, { source: 'def workflow(r, s): pass' })
  const source = declaring(['forged'], 'import forged\ndef workflow(r, s): pass')
  const { status, text, body } = await server.api('POST', `/api/workflows/${workflow.id}/versions`, { source })
  assert.deepEqual([status, body.code], [422, 'environment_failed'])
  assert.match(String(body.detail), /[Hh]ash mismatch/)
  assert.ok(!text.includes(PASSWORD) && !server.output().includes(PASSWORD))
  assert.equal((await must(server.api('GET', `/api/workflows/${workflow.id}`), 200)).deployed_version, 1)
})

test('a version that got an older release than the index has for another Python says so in its notes', async () => {
  const workflow = await createCatch(server, {
    source: declaring(['fading'], 'import fading\ndef workflow(r, s): pass'),
  })
  const { body } = await server.api('GET', `/api/workflows/${workflow.id}/versions/1`)
  const { packages, notes } = body as { packages: { name: string; version: string }[]; notes: string[] }
  assert.ok(packages.some(({ name, version }) => name === 'fading' && version === '1.0'))
  assert.ok(
    notes.some((note) => /^fading: version 1\.0 was taken, which is older than 2\.0\./.test(note)),
    String(notes),
  )
})
